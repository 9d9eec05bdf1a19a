"""How the end is asked for: Ctrl-C, SIGTERM, a closed terminal, a killed `make`."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Closing(BaseException):
    """Somebody asked for the end."""


class Ending:
    """Raises Closing where the supervisor stands when the end is asked for; once."""

    def __init__(self) -> None:
        self._asked = False
        self._deferred = False
        self._parent = os.getppid()
        for number in _SIGNALS:
            # A script's background job starts with SIGINT ignored, yet whoever sends it means it;
            # only nohup keeps its word.
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._ask)

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """For steps that would leave something behind when cut short; they take few seconds."""
        self._deferred = True
        yield
        self._deferred = False
        if self._asked:
            raise Closing

    def check_parent(self) -> None:
        """Raise Closing when the `make` that started us was killed without telling us."""
        if os.environ.get("MAKELEVEL") and os.getppid() != self._parent:
            raise Closing

    def _ask(self, number: int, frame: FrameType | None) -> None:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)  # closing takes its seconds; once is enough
        self._asked = True
        if not self._deferred:
            raise Closing
