"""Failures that no API view saw, put into the envelope: a broken host header, a crash, a 404."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from api.errors import BY_STATUS, BadRequest, HttpsRequired, InternalError, envelope, headers
from core.bare_pages import refused
from core.languages import wanted_language
from core.replaced_bodies import replace_body

Handler = Callable[[HttpRequest], HttpResponse]


class ApiEnvelopeMiddleware:
    """Below /api/ every failure is JSON. Stands right inside the request id."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._answer(request)
        if request.path_info.startswith("/api/") and _is_bare_failure(response):
            _put_into_envelope(request, response)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        """A program that asks without https is told, not led on: its token was readable already."""
        is_readable = settings.SECURE_SSL_REDIRECT and not request.is_secure()
        if is_readable and request.path_info.startswith("/api/"):
            return refused(request, HttpsRequired())
        return self.get_response(request)


def _is_bare_failure(response: HttpResponse) -> bool:
    return (
        response.status_code >= 400
        and not response.streaming
        and not response.get("Content-Type", "").startswith("application/json")
    )


def _put_into_envelope(request: HttpRequest, response: HttpResponse) -> None:
    kind = BY_STATUS.get(response.status_code)
    if kind is None:
        kind = InternalError if response.status_code >= 500 else BadRequest
    refusal = getattr(response, "refusal", None) or kind()
    if response.status_code >= 500 and not refusal.details:
        refusal.details = {"request_id": cast("str", getattr(request, "request_id", ""))}
    with translation.override(wanted_language(request)):
        body = orjson.dumps(envelope(refusal))
    replace_body(response, body, content_type="application/json")
    for name, value in headers(refusal).items():
        response[name] = value
