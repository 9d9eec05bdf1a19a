"""Trying again what the database could not do just then. Never for a step that asks an outsider."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from django.db import InterfaceError, OperationalError, connection
from psycopg_pool import PoolTimeout

from core.errors import Busy
from core.transactions import (
    DEADLOCK,
    LOCK_NOT_AVAILABLE,
    SERIALIZATION_FAILURE,
    sqlstate,
)
from core.watchman import was_cut

log = structlog.get_logger(__name__)
T = TypeVar("T")

# The server went away or is coming up: class 08, and what it says while shutting down or starting.
_LOST = ("08", "57P01", "57P02", "57P03")
_ATTEMPTS = {DEADLOCK: 4, SERIALIZATION_FAILURE: 4, LOCK_NOT_AVAILABLE: 2}
_ATTEMPTS_LOST = 3
_PAUSE_SECONDS = 0.03


def retry(step: Callable[[], T]) -> T:
    """Run `step`, a whole transaction or a read, again when the database ended it for no fault of
    its own: deadlock, lock wait, connection lost.

    A lock wait, already seconds long, is tried only once more. Raises what the last try raised.
    """
    attempt = 0
    while True:
        attempt += 1
        try:
            return step()
        except (Busy, OperationalError, InterfaceError) as error:
            limit = _limit(error)
            if attempt >= limit or connection.in_atomic_block:
                raise
            log.info("database_retry", attempt=attempt, state=_state(error))
            if limit == _ATTEMPTS_LOST:
                connection.close()
            time.sleep(_PAUSE_SECONDS * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311


def _state(error: Exception) -> str:
    cause = error.__cause__ if isinstance(error, Busy) and error.__cause__ else error
    return sqlstate(cause)


def _limit(error: Exception) -> int:
    state = _state(error)
    if state in _ATTEMPTS:
        return _ATTEMPTS[state]
    if isinstance(error, Busy) or isinstance(error.__cause__, PoolTimeout):
        return 1  # who waited so long for a connection that none came would only wait again
    if was_cut():
        return 1
    lost = not state or state.startswith(_LOST)
    return _ATTEMPTS_LOST if lost else 1
