"""Each request that was answered, or sent away at the door: its figures and its line of the log.

Written down at once, or, in a process that serves many, ten times a second by a thread that nobody waits for:
what is done for all of a moment costs a third of what it costs in the midst of each. A process that is killed
takes the last tenth of a second of them with it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

import structlog

from core import metrics
from core.telemetry import request_lines
from core.telemetry.request_lines import Answered

log = structlog.get_logger(__name__)
EVERY_SECONDS = 0.1


class Notebook:
    """Writes down what it is given, in order."""

    def __init__(self) -> None:
        self._given: queue.SimpleQueue[Answered | None] = queue.SimpleQueue()
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """From now on in a thread; after a fork, begun by the child."""
        self._is_over.clear()
        self._thread = threading.Thread(target=self._run, name="notebook", daemon=True)
        self._thread.start()

    def note(self, one: Answered) -> None:
        if self._thread is None:
            write_down([one])
        else:
            self._given.put(one)

    def finish(self) -> None:
        """Write down what is left; within two seconds, or not at all. Afterwards at once again."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._is_over.set()
            self._given.put(None)
            thread.join(2)

    def _run(self) -> None:
        is_last = False
        while not is_last:
            together = [self._given.get()]
            # Those of a moment together: a thread that woke for each would take the interpreter
            # from those who serve.
            self._is_over.wait(EVERY_SECONDS)
            while True:
                try:
                    together.append(self._given.get_nowait())
                except queue.Empty:
                    break
            is_last = None in together
            try:
                write_down([one for one in together if one is not None])
            except Exception:  # a full disk, say: the next are told again
                log.exception("requests_not_told")


def write_down(together: Sequence[Answered]) -> None:
    """All of them in the figures, then in the log by one write: each lets go of the interpreter."""
    for one in together:
        metrics.answered(route=one.route, method=one.method, status=one.status, seconds=one.seconds)
        if one.is_shed:
            metrics.shed(one.line)
        elif one.line:
            metrics.waited(one.line, one.waited)
    metrics.asked(
        sum(one.statements for one in together), sum(one.database_seconds for one in together)
    )
    request_lines.write(together)


OF_THIS_PROCESS = Notebook()
