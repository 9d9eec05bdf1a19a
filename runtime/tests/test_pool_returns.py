"""A database that was away is found again soon: how long people wait after it is not how long it was away."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest
from psycopg_pool import ConnectionPool, PoolTimeout

from runtime import environment
from runtime.run.tests.conftest import free_port, patience

AWAY_SECONDS, LONGEST_GAP = 8.0, 3.5


@pytest.mark.slow
def test_it_is_looked_for_every_other_second(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """By itself a pool doubles its pauses: 1, 2, 4, 8, 16 seconds, and so the time that it is away."""
    monkeypatch.setenv("DATABASE_URL", f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    monkeypatch.setenv("DATABASE_POOL_SIZE", "4")
    config = environment.database(environment.Environment(), Path("/nowhere"))
    over = threading.Event()
    pool = ConnectionPool(
        f"host={config['HOST']} port={config['PORT']} connect_timeout=2",
        open=True, **config["OPTIONS"]["pool"],
    )  # fmt: skip

    def ask() -> None:
        while not over.is_set():
            with contextlib.suppress(PoolTimeout):
                pool.getconn(timeout=0.3)

    people = [threading.Thread(target=ask) for _ in range(3)]
    with caplog.at_level(logging.WARNING, logger="psycopg.pool"):
        for one in people:
            one.start()
        began = time.time()
        over.wait(AWAY_SECONDS)
        over.set()
        for one in people:
            one.join()
        pool.close()
    tried = [
        record.created for record in caplog.records if "error connecting" in record.getMessage()
    ]
    tried = [began, *tried, began + AWAY_SECONDS]
    assert max(later - earlier for earlier, later in pairwise(tried)) < LONGEST_GAP * patience()
