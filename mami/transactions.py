"""Opening a write transaction: bounded lock waits, and a refusal instead of a crash when they end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

from mami.errors import Busy

LOCK_NOT_AVAILABLE = "55P03"
DEADLOCK = "40P01"
SERIALIZATION_FAILURE = "40001"
LOST_RACE = frozenset({LOCK_NOT_AVAILABLE, DEADLOCK, SERIALIZATION_FAILURE})


@contextmanager
def write_transaction(*, durable: bool = False) -> Iterator[None]:
    """One transaction in which no lock is waited for longer than LOCK_TIMEOUT_MS.

    Raises Busy when a lock wait passed its limit or PostgreSQL ended a deadlock; everything is
    rolled back then and the same request may be sent again. `durable=True` is for conductors,
    whose commit must be real: it refuses to be nested. Inside another transaction this is a
    savepoint. The limit itself is a setting of the database (see mami.database).
    """
    try:
        with transaction.atomic(durable=durable):
            yield
    except OperationalError as error:
        if sqlstate(error) in LOST_RACE:
            raise Busy from error
        raise


def require_transaction() -> None:
    """Raise RuntimeError outside a transaction: the caller's lock would be gone at once."""
    if not connection.in_atomic_block:
        raise RuntimeError("this step belongs to its caller's transaction")


def lend_connection() -> None:
    """Let others use this thread's connection while it waits for something that is not the database.

    The next statement takes one again. Does nothing inside a transaction, and without a pool.
    """
    if connection.pool and not connection.in_atomic_block:  # type: ignore[attr-defined]
        connection.close()


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's code of a database error, or the empty string."""
    return str(getattr(error.__cause__, "sqlstate", None) or "")


def constraint_of(error: BaseException) -> str:
    """The name of the violated constraint of an IntegrityError, or the empty string."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnosis, "constraint_name", None) or "")
