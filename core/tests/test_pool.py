"""How busy the connections are is told as it is: what the alert of a full pool listens to."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from core.telemetry import pool
from core.tests.test_metrics import counted
from runtime.run.tests.conftest import patience, until

pytestmark = pytest.mark.django_db
PLACES = 3


@pytest.fixture
def pooled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The tests' database through a pool of three connections."""
    own = connections["default"]
    settings = copy.deepcopy(own.settings_dict)
    settings["OPTIONS"] = {
        **settings["OPTIONS"],
        "pool": {"min_size": 0, "max_size": PLACES, "timeout": 30},
    }
    settings["CONN_MAX_AGE"] = 0
    wrapper = type(own)(settings, alias="pooled")
    wrapper.pool.open()
    monkeypatch.setattr(pool, "connections", {"default": wrapper})
    yield wrapper
    wrapper.close_pool()


def told() -> tuple[float, float, float]:
    pool.look()
    names = ("mami_db_pool_size", "mami_db_pool_in_use", "mami_db_pool_waiting")
    return tuple(counted(name) for name in names)  # type: ignore[return-value]


def test_a_full_pool_is_seen_to_be_full_and_then_empty(pooled: Any) -> None:
    assert told() == (PLACES, 0, 0)
    held = [pooled.pool.getconn() for _ in range(PLACES)]
    assert told() == (PLACES, PLACES, 0)

    def wait_for_one() -> None:
        held.append(pooled.pool.getconn())

    one_more = threading.Thread(target=wait_for_one)
    one_more.start()
    until(lambda: told() == (PLACES, PLACES, 1), seconds=30 * patience())
    pooled.pool.putconn(held.pop())
    one_more.join()
    assert told() == (PLACES, PLACES, 0)
    for connection in held:
        pooled.pool.putconn(connection)
    until(lambda: told() == (PLACES, 0, 0), seconds=30 * patience())


def test_the_wait_for_a_connection_is_timed(pooled: Any) -> None:
    before = counted("mami_db_pool_wait_seconds_count")
    pool.measure(connection=pooled)
    pool.measure(connection=pooled)  # told of anew at each connect
    pooled.pool.putconn(pooled.pool.getconn())
    assert counted("mami_db_pool_wait_seconds_count") == before + 1
