"""The web worker: gunicorn's own, but what it refuses by itself is told as the shop tells it."""

from __future__ import annotations

import contextlib
import ctypes
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import orjson
from django.conf import settings
from django.utils import translation
from gunicorn import util
from gunicorn.http import errors as http
from gunicorn.http import wsgi

from api.errors import (
    BadRequest,
    HeadersTooLarge,
    InternalError,
    UriTooLong,
    envelope,
)
from core.errors import DomainError, RequestTimeout
from core.headers import EVERYWHERE
from runtime import probes
from runtime.admission_worker import AdmissionWorker
from runtime.pace import TooSlow

M_MMAP_THRESHOLD = -3  # of glibc's malloc.h
LARGE_BLOCK = 4 * 1024 * 1024


class Worker(AdmissionWorker):
    """Answers a request that never reached the application with the envelope of the API.

    Nothing is known of such a request, not even its path. The log names the kind of failure only:
    the line itself may hold somebody's search, token or name.
    """

    def init_process(self) -> None:
        _give_large_blocks_back()
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.open_door(self.wsgi)
        self.wsgi: Any = _may_close(self.wsgi)
        # Not before: the prober reads migrations, and two threads would load the apps at once.
        probes.start()

    def handle_request(self, req: Any, conn: Any) -> Any:
        conn.paced.begin_body()
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        refusal = _refusal(exc)
        request_id = uuid.uuid4().hex
        if refusal.status == InternalError.status:
            refusal.details = {"request_id": request_id}
            self.log.exception("A request failed outside the application, id %s", request_id)
        else:
            self.log.warning("A request could not be read: %s", type(exc).__name__)
        try:
            util.write_nonblock(client, written(refusal, request_id))
        except OSError:
            self.log.debug("Nobody waited for the answer.")


def _refusal(error: BaseException) -> DomainError:
    if isinstance(error, TooSlow):
        return RequestTimeout()
    if isinstance(error, http.LimitRequestLine):
        return UriTooLong()
    if isinstance(error, http.LimitRequestHeaders):
        return HeadersTooLarge()
    if isinstance(error, http.InvalidResponseHeader | http.InvalidResponseHeaderName):
        return InternalError()
    return BadRequest() if isinstance(error, http.ParseException) else InternalError()


def written(refusal: DomainError, request_id: str) -> bytes:
    """A whole answer of HTTP/1.1, after which the connection closes."""
    with translation.override(settings.LANGUAGE_CODE):
        body = orjson.dumps(envelope(refusal))
    head = [
        f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"X-Request-Id: {request_id}",
        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
        *(f"{name}: {value}" for name, value in EVERYWHERE.items()),
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def _give_large_blocks_back() -> None:
    """Let memory of large blocks return to the system when they are freed.

    glibc would keep the 19 MiB of each password's hash for every one of its arenas: 400 MB after a
    hundred sign-ins. Elsewhere there is no such call.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)


def _may_close(application: Any) -> Any:
    """Let the application say `Connection: close`, which WSGI leaves to the server."""

    def closing(environ: Any, start_response: Any) -> Any:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            if ("Connection", "close") in headers:
                start_response.__self__.force_close()
            return start_response(status, headers, exc_info)

        return application(environ, start)

    return closing


def _unnamed(headers: Callable[[wsgi.Response], list[str]]) -> Callable[[wsgi.Response], list[str]]:
    """gunicorn's own headers without the one that says who serves."""
    return lambda response: [line for line in headers(response) if not line.startswith("Server:")]


wsgi.Response.default_headers = _unnamed(wsgi.Response.default_headers)
