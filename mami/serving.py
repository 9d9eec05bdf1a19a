"""The web worker: gunicorn's own, but what it refuses by itself is told as the shop tells it."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

import orjson
from django.conf import settings
from django.utils import translation
from gunicorn import util
from gunicorn.http import errors as http
from gunicorn.workers.gthread import ThreadWorker

from mami.api.errors import BadRequest, HeadersTooLarge, InternalError, UriTooLong, envelope
from mami.errors import DomainError


class Worker(ThreadWorker):
    """Answers a request that never reached the application with the envelope of the API.

    Nothing is known of such a request, not even its path. The log names the kind of failure only:
    the line itself may hold somebody's search, token or name.
    """

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
    ]
    return "\r\n".join([*head, "", ""]).encode() + body
