"""Who is let in when more people come than can be served.

A process works on as many requests at once as it has database connections. The others wait in a line
of their class, money and hands before people before shelves, and who has waited longer than the class
allows is told at once to come back, without having touched a connection. Who waits for the bank, for a
hash or for a turn gives the place back meanwhile (`core.transactions.lend_connection`).

The web server lets people wait at its door, without a thread (`runtime.early_admission`), and says here what it
decided. Whom it could not judge waits here, in the same lines.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from core import metrics
from core.bare_pages import refused
from core.database import pool_size
from core.errors import ServiceUnavailable
from core.places import Gate, WaitingLine, decided, hold
from core.transactions import return_connections

Handler = Callable[[HttpRequest], HttpResponse]
LATEST_RETURN_SECONDS = 5
RETURN_AFTER = "mami.return_after"
"""In the META of a request by which the door asks what to say to somebody who has to come back after so
many seconds. Nobody sent it, nothing counts it, and no header of a client has such a name."""


MONEY = WaitingLine(name="money", rank=0, patience=8.0)
PEOPLE = WaitingLine(name="people", rank=1, patience=4.0)
SHELVES = WaitingLine(name="shelves", rank=2, patience=1.0)

Row = tuple[str, WaitingLine | None]


@cache
def _rows() -> tuple[Row, ...]:
    rows: tuple[Row, ...] = tuple(import_string(settings.ADMISSION_TABLE))
    return rows


@cache
def process_gate() -> Gate:
    """The gate of this process, for the door and for whoever passed it unjudged."""
    wanted = settings.REQUESTS_AT_ONCE
    return Gate(pool_size() if wanted is None else wanted)


def line_for(method: str, path: str) -> WaitingLine | None:
    """The line for such a request; None for those who never wait."""
    asked = f"{'GET' if method == 'HEAD' else method} {path}"
    for beginning, line in _rows():
        if asked.startswith(beginning) or path.startswith(beginning):
            return line
    return SHELVES


def return_after() -> int:
    """Seconds, at random, or all of them come back in the same instant."""
    return random.randint(1, LATEST_RETURN_SECONDS)  # noqa: S311


class AdmissionMiddleware:
    """Stands before everything that asks the database."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.gate = process_gate()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if wait := request.META.get(RETURN_AFTER):
            return refused(request, ServiceUnavailable(retry_after=wait))
        line = line_for(request.method or "", request.path_info) if self.gate.places else None
        if line is None:
            return self.get_response(request)
        if not self._is_let_in(request, line):
            metrics.shed(line.name)
            return refused(request, ServiceUnavailable(retry_after=return_after()))
        try:
            return self.get_response(request)
        finally:
            return_connections()

    def _is_let_in(self, request: HttpRequest, line: WaitingLine) -> bool:
        """Whether this thread holds a place, which the door may have given or refused before."""
        began, verdict = time.perf_counter(), decided()
        if verdict is not None:
            request.waited_seconds = verdict.waited  # type: ignore[attr-defined]
            if verdict.is_let_in:
                request.waiting_line = line.name  # type: ignore[attr-defined]
            return verdict.is_let_in
        if not self.gate.enter(line):
            return False
        hold(self.gate)
        request.waited_seconds = time.perf_counter() - began  # type: ignore[attr-defined]
        request.waiting_line = line.name  # type: ignore[attr-defined]
        return True
