"""Opening a write transaction: bounded lock waits, and a refusal instead of a crash when they end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import (
    DataError,
    IntegrityError,
    OperationalError,
    connection,
    connections,
    transaction,
)
from procrastinate.exceptions import ConnectorException

from core.errors import Busy, NumberTooLarge
from core.places import give_place_back

LOCK_NOT_AVAILABLE = "55P03"
DEADLOCK = "40P01"
SERIALIZATION_FAILURE = "40001"
FOREIGN_KEY_VIOLATION = "23503"
NUMERIC_VALUE_OUT_OF_RANGE = "22003"
LOST_RACE = frozenset({LOCK_NOT_AVAILABLE, DEADLOCK, SERIALIZATION_FAILURE})


@contextmanager
def write_transaction(*, durable: bool = False) -> Iterator[None]:
    """One transaction in which no lock is waited for longer than LOCK_TIMEOUT_MS.

    Raises Busy when a lock wait passed its limit, PostgreSQL ended a deadlock, or what a new row
    points at was deleted before the commit, which is when PostgreSQL looks; everything is rolled
    back then, and the same request may be sent again: it finds out what is gone. Raises NumberTooLarge when a number,
    also one the database works out or adds up, has no room in its column. `durable=True` is for conductors,
    whose commit must be real: it refuses to be nested. Inside another transaction this is a
    savepoint. The limit itself is a setting of the database (see core.database).
    """
    try:
        with _without_a_wrapper(), transaction.atomic(durable=durable):
            yield
    except OperationalError as error:
        if sqlstate(error) in LOST_RACE:
            raise Busy from error
        raise
    except IntegrityError as error:
        if sqlstate(error) == FOREIGN_KEY_VIOLATION:
            raise Busy from error
        raise
    except DataError as error:
        if sqlstate(error) == NUMERIC_VALUE_OUT_OF_RANGE:
            raise NumberTooLarge from error
        raise


@contextmanager
def _without_a_wrapper() -> Iterator[None]:
    """What the database said to the queue of jobs is told as what it said to anybody else."""
    try:
        yield
    except ConnectorException as error:
        if (found := said_to_the_queue(error)) is None:
            raise
        raise found from error.__cause__


def said_to_the_queue(error: BaseException) -> OperationalError | None:
    """The failure of the database that procrastinate has wrapped; None where this is none."""
    cause = error.__cause__
    if isinstance(error, ConnectorException) and isinstance(cause, psycopg.OperationalError):
        found = OperationalError(*cause.args)
        found.__cause__ = cause
        return found
    return None


def require_transaction() -> None:
    """Raise RuntimeError outside a transaction: the caller's lock would be gone at once."""
    if not connection.in_atomic_block:
        raise RuntimeError("this step belongs to its caller's transaction")


def lend_connection() -> None:
    """Let others use this thread's connection while it waits for something that is not the database.

    The next statement takes one again; the thread's place among those being served goes to the next
    in line. Does nothing inside a transaction, and without a pool.
    """
    if connection.pool and not connection.in_atomic_block:  # type: ignore[attr-defined]
        connection.close()
        give_place_back()


def return_connections() -> None:
    """Give back what this thread has of the database, and then its place: whoever is let in finds a
    connection, and does not wait for one until the answer has been packed, written down and sent.
    """
    for one in connections.all(initialized_only=True):
        if one.pool and not one.in_atomic_block:  # type: ignore[attr-defined]
            one.close()
    give_place_back()


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's code of a database error, or the empty string."""
    return str(getattr(error.__cause__, "sqlstate", None) or "")
