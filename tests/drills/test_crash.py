"""The short form of the crash drill; the long form is `make drill`."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from tests.drills.running_shop import patience

NAME = "mami_drill"


@pytest.fixture
def database_url(transactional_db: None) -> Iterator[str]:
    """A database of its own, copied from the empty one of the tests."""
    settings_of = connections["default"].settings_dict
    server = os.environ["DATABASE_URL"]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name, template = f"{NAME}_{worker}", settings_of["NAME"]
    connections.close_all()
    with psycopg.connect(_named(server, "postgres"), autocommit=True) as office:
        office.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        office.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        yield _named(server, name)
        office.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _named(url: str, database: str) -> str:
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{database}?{query}"


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_nothing_stays_open(database_url: str) -> None:
    """The drill judges itself, its control included: without recovery something is left open."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MAMI_")}
    clean.pop("DATABASE_URL", None)
    drill = subprocess.Popen(
        [sys.executable, "-m", "tests.drills", "--short", database_url],
        cwd=settings.BASE_DIR,
        env=clean,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = drill.communicate(timeout=240 * max(patience(), 2))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(drill.pid, signal.SIGKILL)
    print(said)
    assert drill.returncode == 0, said
    assert "drill: passed" in said
    assert "checkouts are open" in said, "the control"
