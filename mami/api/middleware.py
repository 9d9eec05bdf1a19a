"""Failures that no API view saw, put into the envelope: a broken host header, a crash, a 404."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from mami.api.errors import BY_STATUS, BadRequest, InternalError, envelope, headers
from mami.api.languages import wanted_language

Handler = Callable[[HttpRequest], HttpResponse]


class ApiEnvelopeMiddleware:
    """Below /api/ every failure is JSON. Stands right inside the request id."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info.startswith("/api/") and _is_bare_failure(response):
            _put_into_envelope(request, response)
        return response


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
    refusal = kind()
    if response.status_code >= 500:
        refusal.details = {"request_id": cast("str", getattr(request, "request_id", ""))}
    with translation.override(wanted_language(request)):
        response.content = orjson.dumps(envelope(refusal))
    response["Content-Type"] = "application/json"
    if response.has_header("Content-Length"):
        response["Content-Length"] = str(len(response.content))
    for name, value in headers(refusal).items():
        response[name] = value
