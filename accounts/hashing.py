"""Password hashes: Argon2id as OWASP proposes it first, computed by a few at once.

A hash is the dearest thing a stranger can ask for, in processor and in memory. So a process computes
as many at once as it has processors; the others wait in one line, and no database connection is held
by anybody who waits or computes.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.contrib.auth.hashers import Argon2PasswordHasher, make_password, verify_password

from core.errors import ServiceUnavailable
from core.transactions import lend_connection

T = TypeVar("T")
PATIENCE_SECONDS = 5.0
MOST_WAITING = 64


class Argon2id(Argon2PasswordHasher):
    """19 MiB, two passes, one lane. Hashes of other parameters are made anew at the next sign-in."""

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1


class Lanes:
    """Lets `at_once` threads of this process compute; at most `most_waiting` wait for their turn."""

    def __init__(self, *, at_once: int, most_waiting: int, patience: float) -> None:
        self.at_once, self.most_waiting, self.patience = at_once, most_waiting, patience
        self._changed = threading.Condition()
        self._taken = 0
        self._line: list[object] = []

    @property
    def waiting(self) -> int:
        """How many wait just now."""
        return len(self._line)

    @contextmanager
    def lane(self) -> Iterator[None]:
        """Wait for a lane in the order in which people came. Raises ServiceUnavailable."""
        self._enter()
        try:
            yield
        finally:
            with self._changed:
                self._taken -= 1
                self._changed.notify_all()

    def _enter(self) -> None:
        me, until = object(), time.monotonic() + self.patience
        with self._changed:
            if self._taken >= self.at_once and len(self._line) >= self.most_waiting:
                raise ServiceUnavailable
            self._line.append(me)
            try:
                while self._taken >= self.at_once or self._line[0] is not me:
                    if not self._changed.wait(until - time.monotonic()):
                        raise ServiceUnavailable
                self._taken += 1
            finally:
                self._line.remove(me)
                self._changed.notify_all()


_LANES = Lanes(at_once=os.cpu_count() or 1, most_waiting=MOST_WAITING, patience=PATIENCE_SECONDS)


def hashed(password: str) -> str:
    """The hash of a password. Raises ServiceUnavailable when too many are computed already."""
    return _alone(lambda: make_password(password))


def matches(password: str, encoded: str) -> tuple[bool, bool]:
    """Whether it is that password, and whether its hash is of old parameters.

    An empty `encoded` costs the same and matches nothing. Raises ServiceUnavailable.
    """
    return _alone(lambda: verify_password(password, encoded))


def _alone(compute: Callable[[], T]) -> T:
    lend_connection()
    with _LANES.lane():
        return compute()
