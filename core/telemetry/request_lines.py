"""One line of the log for each request: what was asked by name, how it ended, what it cost."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import LazyObject, empty

from core.logs import stamped, tell_all
from core.metrics import METHODS
from core.telemetry.statements import Tally

log = logging.getLogger("mami.request")
NODE = os.environ.get("MAMI_NODE") or socket.gethostname()


@dataclass(slots=True, kw_only=True)
class Answered:
    """A request that was answered. Nobody's words stand in it: no path, no address, no query."""

    request_id: str
    method: str
    route: str
    status: int
    seconds: float
    face: str
    size: int | None
    line: str = ""
    """The line in which it waited, or in vain (`is_shed`), for so many seconds (`waited`)."""
    is_shed: bool = False
    waited: float = 0.0
    statements: int = 0
    database_seconds: float = 0.0
    user_id: int | None = None
    role: str | None = None
    at: float = field(default_factory=time.time)


def answered(
    request: HttpRequest, response: HttpResponseBase, *, route: str, seconds: float, tally: Tally
) -> Answered:
    """What is to be told of it."""
    user = _known_user(request)
    return Answered(
        request_id=getattr(request, "request_id", ""),
        method=request.method or "",
        route=route,
        status=response.status_code,
        seconds=seconds,
        face=face_of(request.path_info, is_part="HTTP_HX_REQUEST" in request.META),
        size=_size(response),
        line=getattr(request, "waiting_line", ""),
        waited=getattr(request, "waited_seconds", 0.0),
        statements=tally.statements,
        database_seconds=tally.seconds,
        user_id=getattr(user, "pk", None),
        role=getattr(user, "role", None),
    )


def write(together: Sequence[Answered]) -> None:
    """A line for each."""
    tell_all(log, [_line(one) for one in together])


def _line(one: Answered) -> dict[str, str | float | None]:
    return stamped(
        log,
        "request",
        one.at,
        request_id=one.request_id,
        method=_known(one.method),
        route=one.route,
        status=one.status,
        ms=round(1000 * one.seconds, 1),
        db_ms=round(1000 * one.database_seconds, 1),
        statements=one.statements,
        waited_ms=round(1000 * one.waited, 1),
        user_id=one.user_id,
        role=one.role,
        face=one.face,
        node=NODE,
        bytes=one.size,
    )


def face_of(path: str, *, is_part: bool) -> str:
    """Which face of the shop a path belongs to."""
    if path.startswith("/api/"):
        return "api"
    if path.startswith("/admin/"):
        return "admin"
    return "htmx" if is_part else "page"


def _known(method: str) -> str:
    """What a client makes up is a word of theirs."""
    return method if method in METHODS else "other"


def _size(response: HttpResponseBase) -> int | None:
    if response.streaming:
        return None
    # Said already by whoever sends it: looking at the content of a page would join it once more.
    told = response.headers.get("Content-Length")
    return int(told) if told else len(response.content)  # type: ignore[attr-defined]


def _known_user(request: HttpRequest) -> Any:
    """Who asked, where that is known already: a line of the log asks the database nothing."""
    user = getattr(request, "user", None)
    if isinstance(user, LazyObject) and user.__dict__.get("_wrapped", empty) is empty:
        return None
    return user
