"""A connection to a database that is frozen is given up, and one that answers is left alone."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from typing import Any

import psycopg
import pytest
from django.db import connection

from core import watchman
from core.database import bare_parameters
from core.watchman import WatchedConnection

pytestmark = pytest.mark.django_db


@pytest.fixture
def watched():
    made = WatchedConnection.connect(**bare_parameters("default"))
    yield made
    made.close()


def test_one_that_waits_too_long_is_cut_and_the_statement_fails(watched) -> None:
    failed: list[BaseException] = []
    pid = watched.info.backend_pid

    def wait() -> None:
        try:
            watched.execute("SELECT pg_sleep(60)")
        except psycopg.OperationalError as error:
            failed.append(error)
            assert watchman.was_cut()

    thread = threading.Thread(target=wait)
    thread.start()
    deadline = time.monotonic() + 10
    while watched not in watchman._waiting and time.monotonic() < deadline:
        time.sleep(0.01)
    assert watchman.look(time.monotonic() + watchman.PATIENCE_SECONDS - 1) == 0
    assert watchman.look(time.monotonic() + watchman.PATIENCE_SECONDS + 1) == 1
    thread.join(10)
    assert len(failed) == 1
    assert watched.broken
    with connection.cursor() as cursor:  # the server has not noticed yet
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


@pytest.mark.parametrize("is_watched", [True, False], ids=["watched", "control"])
def test_a_server_that_is_frozen(monkeypatch, is_watched: bool) -> None:
    """Its own timeouts end nothing while it stands still; without the watchman we wait as long."""
    monkeypatch.setattr(watchman, "PATIENCE_SECONDS", 0.3)
    kind: type[psycopg.Connection[Any]] = WatchedConnection if is_watched else psycopg.Connection
    made = kind.connect(**bare_parameters("default"))
    made.execute("SET statement_timeout TO '200ms'")
    ended = threading.Event()

    def ask() -> None:
        with contextlib.suppress(psycopg.OperationalError):
            made.execute("SELECT 1")
        ended.set()

    pid = made.info.backend_pid
    os.kill(pid, signal.SIGSTOP)
    try:
        thread = threading.Thread(target=ask)
        thread.start()
        assert ended.wait(20 if is_watched else 2) is is_watched
    finally:
        os.kill(pid, signal.SIGCONT)
    thread.join(10)
    assert made.broken is is_watched
    made.close()


def test_one_that_is_idle_or_answered_is_left_alone(watched) -> None:
    assert watched.execute("SELECT 1").fetchone() == (1,)
    assert watchman.look(time.monotonic() + 3600) == 0
    assert watched.execute("SELECT 2").fetchone() == (2,)
    assert not watchman.was_cut()


def test_a_statement_has_ten_seconds_and_a_command_has_none(monkeypatch, settings) -> None:
    from core.database import long_work, without_limit

    def limit() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return str(cursor.fetchone()[0])

    assert limit() == "10s"
    with long_work(seconds=120):
        assert limit() == "2min"
    monkeypatch.setenv("MAMI_LONG_WORK", "1")
    without_limit(connection=connection)
    assert limit() == "0"
    with connection.cursor() as cursor:
        cursor.execute("RESET statement_timeout")
