"""Who is let in when more people come than can be served.

A process works on as many requests at once as it has database connections. The others wait in a line
of their class, money and hands before people before shelves, and who has waited longer than the class
allows is told at once to come back, without having touched a connection. Who waits for the bank, for a
hash or for a turn gives the place back meanwhile (`core.transactions.lend_connection`).
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
from core.places import Gate, WaitingLine, give_place_back, hold

Handler = Callable[[HttpRequest], HttpResponse]
LATEST_RETURN_SECONDS = 5


MONEY = WaitingLine(name="money", rank=0, patience=8.0)
PEOPLE = WaitingLine(name="people", rank=1, patience=4.0)
SHELVES = WaitingLine(name="shelves", rank=2, patience=1.0)

Row = tuple[str, WaitingLine | None]


@cache
def _rows() -> tuple[Row, ...]:
    rows: tuple[Row, ...] = tuple(import_string(settings.ADMISSION_TABLE))
    return rows


def line_of(request: HttpRequest) -> WaitingLine | None:
    """The line for this request; None for those who never wait."""
    asked = f"{'GET' if request.method == 'HEAD' else request.method} {request.path_info}"
    for beginning, line in _rows():
        if asked.startswith(beginning) or request.path_info.startswith(beginning):
            return line
    return SHELVES


class AdmissionMiddleware:
    """Stands before everything that asks the database."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        wanted = settings.REQUESTS_AT_ONCE
        self.gate = Gate(pool_size() if wanted is None else wanted)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        line = line_of(request) if self.gate.places else None
        if line is None:
            return self.get_response(request)
        began = time.perf_counter()
        if not self.gate.enter(line):
            metrics.shed(line.name)
            # At random, or all of them come back in the same instant.
            wait = random.randint(1, LATEST_RETURN_SECONDS)  # noqa: S311
            return refused(request, ServiceUnavailable(retry_after=wait))
        request.waited_seconds = time.perf_counter() - began  # type: ignore[attr-defined]
        metrics.waited(line.name, request.waited_seconds)  # type: ignore[attr-defined]
        hold(self.gate)
        try:
            return self.get_response(request)
        finally:
            give_place_back()
