"""Nobody waits for ever for a database that is frozen and not dead.

A paused server, a stuck disk or dropped packets answer nothing, and no timeout of the server's own
ends the wait. A thread notes since when each connection of the web's pool waits for an answer, and
shuts its socket after twelve seconds: the statement fails, the pool throws the connection away.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from typing import Any

import psycopg

PATIENCE_SECONDS = 12.0
LOOKS_EVERY_SECONDS = 0.5
MOST_PREPARED = 200  # statements a connection keeps prepared: those of the busy paths fit in

_waiting: dict[psycopg.Connection[Any], float] = {}
_cut = threading.local()
_lock = threading.Lock()
_thread: threading.Thread | None = None


class WatchedConnection(psycopg.Connection[Any]):
    """A connection of which it is known since when it waits for the server."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prepared_max = MOST_PREPARED

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        _begin()
        _waiting[self] = time.monotonic()
        try:
            return super().wait(gen, *args, **kwargs)
        except psycopg.OperationalError:
            if self not in _waiting:
                _cut.at = time.monotonic()
            raise
        finally:
            _waiting.pop(self, None)


def was_cut(*, within: float = PATIENCE_SECONDS) -> bool:
    """Whether this thread's last lost connection was one we gave up: trying again would only wait."""
    return time.monotonic() - getattr(_cut, "at", float("-inf")) < within


def look(now: float) -> int:
    """Cut every connection that waits for too long; how many."""
    late = [c for c, since in list(_waiting.items()) if now - since > PATIENCE_SECONDS]
    return sum(_shut(connection) for connection in late)


def _shut(connection: psycopg.Connection[Any]) -> bool:
    if _waiting.pop(connection, None) is None:
        return False  # it has just been answered
    # A copy of the descriptor: libpq closes its own whenever it likes.
    with contextlib.suppress(OSError, psycopg.Error):
        with socket.socket(fileno=os.dup(connection.fileno())) as copy:
            copy.shutdown(socket.SHUT_RDWR)
        return True
    return False


def _begin() -> None:
    """One thread a process, begun by the first who waits (a fork has none of its parent's)."""
    global _thread
    if _thread is not None and _thread.is_alive():
        return
    with _lock:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_run, name="watchman", daemon=True)
            _thread.start()


def _run() -> None:
    while True:
        time.sleep(LOOKS_EVERY_SECONDS)
        look(time.monotonic())
