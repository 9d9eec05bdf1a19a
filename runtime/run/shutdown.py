"""How the end is asked for: Ctrl-C, SIGTERM, a closed terminal, a killed `make`."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOKS_EVERY_SECONDS = 0.3


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
        if os.environ.get("MAKELEVEL"):
            threading.Thread(target=self._watch_parent, name="parent", daemon=True).start()

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """For steps that would leave something behind when cut short; they take few seconds."""
        self._deferred = True
        yield
        self._deferred = False
        if self._asked:
            raise Closing

    def is_closing(self) -> None:
        """From now on nothing cuts the closing short, for whatever reason it began."""
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_IGN)

    def _watch_parent(self) -> None:
        """The `make` that started us may be killed without telling us, during the start as well."""
        while os.getppid() == self._parent:
            time.sleep(_LOOKS_EVERY_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.is_closing()  # closing takes its seconds; once is enough
        self._asked = True
        if not self._deferred:
            raise Closing
