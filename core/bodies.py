"""How much a request may bring: judged by its head, before a byte of the body is read."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils.module_loading import import_string

from core.bare_pages import refused
from core.errors import BodyTooLarge, RequestTimeout, ServiceUnavailable
from core.whole_files import has_room

Handler = Callable[[HttpRequest], HttpResponse]

KILOBYTE, MEGABYTE = 1024, 1024 * 1024
JSON_LIMIT = 256 * KILOBYTE
FORM_LIMIT = MEGABYTE
# A form that offers a file may come without one; smaller files are refused where they are kept.
LARGEST_TYPED = 16 * KILOBYTE
# Nothing that names no length is kept on disk before it was counted.
UNNAMED_LIMIT = MEGABYTE


class Body:
    """The stream of a request's body, which remembers that its sender was too slow."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.too_slow = False

    def read(self, *args: Any, **kwargs: Any) -> bytes:
        return self._try(self._stream.read, *args, **kwargs)

    def readline(self, *args: Any, **kwargs: Any) -> bytes:
        return self._try(self._stream.readline, *args, **kwargs)

    def close(self) -> None:
        self._stream.close()

    def _try(self, step: Callable[..., bytes], *args: Any, **kwargs: Any) -> bytes:
        try:
            return step(*args, **kwargs)
        except TimeoutError:
            self.too_slow = True
            raise


class BodyLimitMiddleware:
    """413 at once for what is longer than its route may bring, 408 for what does not come.

    Files are refused with 503 while the disk is nearly full.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = _length(request)
        if length is None:
            return self.get_response(request)
        is_file = length > LARGEST_TYPED and request.META.get("CONTENT_TYPE", "").startswith(
            "multipart/"
        )
        limit = limit_of(request) if length > JSON_LIMIT or is_file else JSON_LIMIT
        if length > limit:
            return _closing(refused(request, BodyTooLarge(limit=limit)))
        if is_file and limit > FORM_LIMIT and not has_room():
            return _closing(refused(request, ServiceUnavailable()))
        body = Body(request._stream)
        request._stream = body  # type: ignore[assignment]
        response = self.get_response(request)
        if body.too_slow:
            return _closing(refused(request, RequestTimeout()))
        return response


@cache
def _table() -> Mapping[str, int]:
    table: Mapping[str, int] = import_string(settings.BODY_LIMITS)
    return table


def limit_of(request: HttpRequest) -> int:
    """The most bytes a request to this route may bring."""
    try:
        route = resolve(request.path_info).view_name
    except Resolver404:
        route = ""
    return _table().get(route, JSON_LIMIT if request.path_info.startswith("/api/") else FORM_LIMIT)


def _length(request: HttpRequest) -> int | None:
    """The length of the body; None where there is none. One without a named length is counted."""
    named = request.META.get("CONTENT_LENGTH") or ""
    if named.isdecimal():
        return int(named) or None
    if "HTTP_TRANSFER_ENCODING" not in request.META:
        return None
    most = min(limit_of(request), UNNAMED_LIMIT)
    try:
        content = request.META["wsgi.input"].read(most + 1)
    except TimeoutError:
        content = b""
    if len(content) > most:
        return sys.maxsize
    request._stream = io.BytesIO(content)
    request.META["CONTENT_LENGTH"] = str(len(content))
    return len(content)


def _closing(response: HttpResponse) -> HttpResponse:
    """The rest of the body is never read: no further request comes over this connection."""
    response["Connection"] = "close"
    response["Content-Length"] = str(len(response.content))
    return response
