"""What the database says while a job is deferred is told as what it says at any other time.

The queue of jobs wraps it into an exception of its own, of which nobody else knows.
"""

from __future__ import annotations

import threading

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from django.test import RequestFactory
from procrastinate.contrib.django import app as jobs
from procrastinate.exceptions import ConnectorException

from api.errors import as_refusal
from core.errors import Busy, ServiceUnavailable
from core.transactions import write_transaction
from mami.home import server_error

pytestmark = pytest.mark.django_db(transaction=True)


def defer() -> None:
    jobs.configure_task("accounts.send_guarded").defer(user_id=0)


def cut() -> None:
    """End our session as the watchman does, between two statements."""
    parameters = {**connection.get_connection_params(), "autocommit": True}
    for unknown in ("cursor_factory", "context", "prepare_threshold", "pool"):
        parameters.pop(unknown, None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        ((pid,),) = cursor.fetchall()
    with psycopg.connect(**parameters) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def defer_after_the_cut() -> None:
    cut()
    defer()


def test_a_lost_connection_is_one() -> None:
    with pytest.raises(OperationalError) as lost, write_transaction():
        defer_after_the_cut()
    connection.close()
    assert isinstance(as_refusal(lost.value), ServiceUnavailable)


def test_a_lock_that_is_waited_for_too_long_is_busy() -> None:
    locked, over = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE procrastinate_jobs IN ACCESS EXCLUSIVE MODE")
            locked.set()
            over.wait(60)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    locked.wait(60)
    try:
        with pytest.raises(Busy), write_transaction():
            defer()
    finally:
        over.set()
        holder.join()


def test_outside_of_a_write_both_faces_know_it_too() -> None:
    with pytest.raises(ConnectorException) as wrapped:
        defer_after_the_cut()
    connection.close()
    assert isinstance(as_refusal(wrapped.value), ServiceUnavailable)
    try:
        raise wrapped.value
    except ConnectorException:
        page = server_error(RequestFactory().get("/"))
    assert (page.status_code, "Retry-After" in page) == (503, True)


def test_a_mistake_of_ours_stays_one() -> None:
    with pytest.raises(ConnectorException) as mistake, write_transaction():
        raise ConnectorException("no task") from ValueError("ours")
    assert as_refusal(mistake.value) is None
