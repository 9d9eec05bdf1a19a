"""When a cluster does not answer, PostgreSQL does, and for a while nobody asks the cluster again.

Each process counts for itself and learns of an outage a few requests after the others.
"""

from __future__ import annotations

import threading
import time
from collections import deque

import structlog

log = structlog.get_logger(__name__)

FAILURES = 3
WITHIN_SECONDS = 30.0
OPEN_SECONDS = 30.0


class SearchBreaker:
    """Open after FAILURES within WITHIN_SECONDS, for OPEN_SECONDS; then one trial decides.
    Thread-safe.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._open_until = 0.0

    def may_ask(self) -> bool:
        """Whether to ask now. While it is open only the first to come after the pause may."""
        now = time.monotonic()
        with self._lock:
            if not self._open_until:
                return True
            if now < self._open_until:
                return False
            self._open_until = now + OPEN_SECONDS  # the others wait for this trial
            return True

    def answered(self) -> None:
        with self._lock:
            if self._open_until:
                log.info("search_engine_answers_again")
            self._failures.clear()
            self._open_until = 0.0

    def failed(self) -> None:
        now = time.monotonic()
        with self._lock:
            self._failures.append(now)
            many = len(self._failures) == FAILURES and now - self._failures[0] <= WITHIN_SECONDS
            if many and not self._open_until:
                self._open_until = now + OPEN_SECONDS
                log.warning("search_engine_left_alone", seconds=OPEN_SECONDS)
