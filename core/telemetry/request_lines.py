"""One line of the log for each request: what was asked by name, how it ended, what it cost."""

from __future__ import annotations

import logging
import os
import socket
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import LazyObject, empty

from core.htmx import is_htmx
from core.logs import tell
from core.metrics import METHODS
from core.telemetry.statements import Tally

log = logging.getLogger("mami.request")
NODE = os.environ.get("MAMI_NODE") or socket.gethostname()


def write(
    request: HttpRequest, response: HttpResponseBase, *, route: str, seconds: float, tally: Tally
) -> None:
    """Nobody's words stand in it: no path, no address, no query."""
    user = _known_user(request)
    tell(
        log,
        "request",
        request_id=getattr(request, "request_id", ""),
        method=_known(request.method),
        route=route,
        status=response.status_code,
        ms=round(1000 * seconds, 1),
        db_ms=round(1000 * tally.seconds, 1),
        statements=tally.statements,
        waited_ms=round(1000 * getattr(request, "waited_seconds", 0.0), 1),
        user_id=getattr(user, "pk", None),
        role=getattr(user, "role", None),
        face=face_of(request.path_info, is_part=is_htmx(request)),
        node=NODE,
        bytes=_size(response),
    )


def write_sent_away(*, request_id: str, method: str, face: str, seconds: float, size: int) -> None:
    """The same line for somebody who was sent away at the door, before anything looked at them."""
    tell(
        log,
        "request",
        request_id=request_id,
        method=_known(method),
        route="",
        status=503,
        ms=round(1000 * seconds, 1),
        db_ms=0.0,
        statements=0,
        waited_ms=round(1000 * seconds, 1),
        user_id=None,
        role=None,
        face=face,
        node=NODE,
        bytes=size,
    )


def face_of(path: str, *, is_part: bool) -> str:
    """Which face of the shop a path belongs to."""
    if path.startswith("/api/"):
        return "api"
    if path.startswith("/admin/"):
        return "admin"
    return "htmx" if is_part else "page"


def _known(method: str | None) -> str:
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
