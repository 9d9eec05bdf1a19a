"""What a process remembers of the catalogue between requests: counts, words, the order of shelves.

An entry counts under the version it was made for, and for KEPT_SECONDS at most. The version is a
sequence: `changed` moves it on as soon as a change is committed, so the next request in any process
makes the answer anew. What depends on stock is never remembered by those who promise it at once.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from django.db import connection, transaction

from branches.calendar.passover import on_at
from core import clock

KEPT_SECONDS = 60.0
MOST_ENTRIES = 2000
T = TypeVar("T")

_entries: OrderedDict[Hashable, tuple[int, float, Any]] = OrderedDict()
_lock = threading.Lock()


class Memory:
    """The memory of this process as of one version of the catalogue.

    Within a transaction it is empty and holds for itself alone: what is seen there may be nobody
    else's yet. `hides_chametz` tells whether it is Passover; None where nobody has asked.
    """

    def __init__(self, version: int | None, *, hides_chametz: bool | None = None) -> None:
        self.version = version
        self.hides_chametz = hides_chametz
        self._own: dict[Hashable, Any] = {}

    def __bool__(self) -> bool:
        return self.version is not None

    def get(self, key: Hashable, make: Callable[[], T], *, seconds: float = KEPT_SECONDS) -> T:
        """What is known under `key`, made now where nothing is."""
        if self.version is None:
            if key not in self._own:
                self._own[key] = make()
            return cast("T", self._own[key])
        key = (key, self.hides_chametz)
        with _lock:
            version, until, value = _entries.get(key, (None, 0.0, None))
        if version == self.version and until > time.monotonic():
            return cast("T", value)
        made = make()
        with _lock:
            _entries[key] = (self.version, time.monotonic() + seconds, made)
            _entries.move_to_end(key)
            if len(_entries) > MOST_ENTRIES:
                _entries.popitem(last=False)
        return made


def recall() -> Memory:
    """The memory as of the catalogue's present version. One query, none within a transaction."""
    if connection.in_atomic_block:
        return Memory(None)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT last_value, {on_at(clock.now())} FROM catalog_version")  # noqa: S608
        version, hides = cursor.fetchone()
    return Memory(version, hides_chametz=hides)


def changed() -> None:
    """Say that the catalogue is another one as soon as the transaction around it is committed.

    After the commit and not before: whoever asks in between still remembers the old catalogue under
    the old version, and nobody remembers it under the new one. However often it is said in a
    transaction, once is enough.
    """
    here = set(connection.savepoint_ids)
    if not any(one[1] is _move_on and one[0] <= here for one in connection.run_on_commit):
        transaction.on_commit(_move_on)


def forget() -> None:
    """Forget everything, in this process."""
    with _lock:
        _entries.clear()


def _move_on() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('catalog_version')")
