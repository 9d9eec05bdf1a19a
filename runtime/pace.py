"""How fast a client has to send: a head within ten seconds, a body no slower than 16 kB a second.

A thread reads a request, so a client that drips holds one. Behind a proxy that reads requests whole
nobody ever waits for this.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

HEAD_SECONDS = 10.0
BODY_SECONDS = 10.0
BODY_BYTES_PER_SECOND = 16 * 1024


class TooSlow(Exception):
    """The client did not send the head of its request in time."""


class BodyTooSlow(TimeoutError):
    """Nor its body: for Django a broken connection."""


class PacedSocket:
    """Reads from a connection under a deadline; everything else is the socket's own."""

    def __init__(self, sock: socket.socket, clock: Callable[[], float] = time.monotonic) -> None:
        self._sock, self._clock = sock, clock
        self.begin_head()

    def begin_head(self) -> None:
        """A request begins, with the connection or after an answer on it."""
        self._since, self._grace, self._counts = self._clock(), HEAD_SECONDS, False
        self._read = 0

    def begin_body(self) -> None:
        self._since, self._grace, self._counts = self._clock(), BODY_SECONDS, True

    def recv(self, size: int) -> bytes:
        """What has come, at most `size` bytes. Raises TooSlow or BodyTooSlow at the deadline."""
        deadline = self._since + self._grace + self._read / BODY_BYTES_PER_SECOND
        # What is there already is read in any case: it may be our thread that came late.
        self._sock.settimeout(max(deadline - self._clock(), 0.001))
        try:
            data = self._sock.recv(size)
        except TimeoutError as error:
            raise (BodyTooSlow if self._counts else TooSlow) from error
        finally:
            self._sock.settimeout(None)
        if self._counts:
            self._read += len(data)
        return data
