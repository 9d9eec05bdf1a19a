"""How many statements a piece of work asked, and for how long: counted where Django executes them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError

from core import metrics

LOCK_NOT_AVAILABLE, DEADLOCK, CANCELLED = "55P03", "40P01", "57014"
FAILURES = {
    LOCK_NOT_AVAILABLE: metrics.LOCK_TIMEOUTS,
    DEADLOCK: metrics.DEADLOCKS,
    CANCELLED: metrics.STATEMENT_TIMEOUTS,
}


@dataclass(slots=True)
class Tally:
    """Statements of one piece of work, and the seconds spent on them and on taking a connection."""

    statements: int = 0
    seconds: float = 0.0


class _Thread(threading.local):
    def __init__(self) -> None:
        self.tally: Tally | None = None


_here = _Thread()


def begin() -> Tally:
    """A fresh tally for what this thread does from now on."""
    _here.tally = tally = Tally()
    return tally


def count(execute: Callable[..., Any], query: Any, params: Any, many: bool, context: Any) -> Any:
    """Django's execute wrapper: one statement of this thread."""
    began = time.perf_counter()
    try:
        return execute(query, params, many, context)
    except DatabaseError as error:
        if (counter := FAILURES.get(getattr(error.__cause__, "sqlstate", None) or "")) is not None:
            counter.inc()
        raise
    finally:
        seconds, tally = time.perf_counter() - began, _here.tally
        if tally is None:  # no request's: a job's, or a command's
            metrics.asked(1, seconds)
        else:
            tally.statements += 1
            tally.seconds += seconds


def watch(*, connection: Any, **_: Any) -> None:
    """Count on this connection from now on; it is one thread's and told of anew at each connect."""
    if count not in connection.execute_wrappers:
        connection.execute_wrappers.append(count)
