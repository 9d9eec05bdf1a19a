"""Whom the door sent away: their figures and their lines of the log, by a thread that nobody waits for."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass

from core import metrics
from core.telemetry import request_lines

EVERY_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAway:
    """One of them; `seconds` is how long they stood in line."""

    line: str
    request_id: str
    method: str
    face: str
    seconds: float
    size: int


class RefusalLog:
    """Writes down what he is given, in order."""

    def __init__(self) -> None:
        self._given: queue.SimpleQueue[SentAway | None] = queue.SimpleQueue()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="refusal-log", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def note(self, one: SentAway) -> None:
        self._given.put(one)

    def finish(self) -> None:
        """Write down what is left; within two seconds, or not at all."""
        self._is_over.set()
        self._given.put(None)
        if self._thread.is_alive():
            self._thread.join(2)

    def _run(self) -> None:
        while True:
            one = self._given.get()
            # Those of a moment together: a thread that woke for each would take the interpreter
            # from those who serve.
            self._is_over.wait(EVERY_SECONDS)
            while one is not None:
                _write_down(one)
                try:
                    one = self._given.get_nowait()
                except queue.Empty:
                    break
            if one is None:
                return


def _write_down(one: SentAway) -> None:
    metrics.shed(one.line)
    metrics.answered(route="", method=one.method, status=503, seconds=one.seconds)
    request_lines.write_sent_away(
        request_id=one.request_id,
        method=one.method,
        face=one.face,
        seconds=one.seconds,
        size=one.size,
    )
