"""Every failure below /api/ as `{"error": {"code", "message", "details"}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.response import Response

from core import metrics
from core.errors import (
    RETRY_AFTER,
    BodyTooLarge,
    Busy,
    DomainError,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    PermissionRefused,
    RequestTimeout,
    ServiceUnavailable,
)
from core.transactions import LOST_RACE, said_to_the_queue, sqlstate
from core.whole_files import is_no_room

CHALLENGE = 'Bearer realm="mami"'


class MethodNotAllowed(DomainError):
    code = "METHOD_NOT_ALLOWED"
    status = 405
    message = _("This address does not offer that.")


class UnsupportedMediaType(DomainError):
    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415
    message = _("Send the body as application/json.")


class InternalError(DomainError):
    """Something the shop did not foresee; `details.request_id` finds it in the log."""

    code = "INTERNAL_ERROR"
    status = 500
    message = _("Something broke on our side. Please try again.")


class BadRequest(DomainError):
    """A request that did not reach a view: broken headers, host or encoding."""

    code = "VALIDATION_ERROR"
    status = 400
    message = _("The request could not be understood.")


class HttpsRequired(DomainError):
    """The API over an encrypted connection only; whoever sent a token should make a new one."""

    code = "HTTPS_REQUIRED"
    status = 403
    message = _("Please call us over https.")


class UriTooLong(DomainError):
    """The address and its query are longer than the web server reads (8190 bytes)."""

    code = "URI_TOO_LONG"
    status = 414
    message = _("The address is too long.")


class HeadersTooLarge(DomainError):
    """A header, or all of them, are more than the web server reads."""

    code = "HEADERS_TOO_LARGE"
    status = 431
    message = _("The headers of the request are too large.")


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """The answer to a foreseen failure; None lets everything else fly to the log."""
    refusal = as_refusal(error)
    if refusal is None:
        return None
    metrics.refused(refusal.code)
    response = Response(envelope(refusal), status=refusal.status)
    for name, value in headers(refusal).items():
        response[name] = value
    if isinstance(error, exceptions.MethodNotAllowed):
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


def envelope(refusal: DomainError) -> dict[str, Any]:
    return {
        "error": {
            "code": refusal.code,
            "message": str(refusal.message),
            "details": dict(refusal.details),
        }
    }


def headers(refusal: DomainError) -> dict[str, str]:
    """What a refusal says beside its body: when to come back, how to sign in."""
    found = {}
    if wait := refusal.details.get("retry_after"):
        found["Retry-After"] = str(wait)
    elif refusal.status == status.HTTP_503_SERVICE_UNAVAILABLE:
        found["Retry-After"] = RETRY_AFTER
    elif isinstance(refusal, Busy):
        found["Retry-After"] = "1"
    if refusal.status == status.HTTP_401_UNAUTHORIZED:
        found["WWW-Authenticate"] = CHALLENGE
    return found


def as_refusal(error: Exception) -> DomainError | None:
    """The refusal that a foreseen exception stands for."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, exceptions.ValidationError):
        return InvalidInput(fields=flatten(error.detail))
    if isinstance(error, exceptions.ParseError):
        return InvalidInput(fields={"body": [error.detail]})
    error = said_to_the_queue(error) or error
    if isinstance(error, OperationalError | InterfaceError):
        return Busy() if sqlstate(error) in LOST_RACE else ServiceUnavailable()
    if is_no_room(error):
        return ServiceUnavailable()
    for kind, refusal in _KNOWN:
        if isinstance(error, kind):
            return refusal()
    return None


_KNOWN: list[tuple[type[Exception], type[DomainError]]] = [
    (exceptions.NotAuthenticated, NotAuthenticated),
    (exceptions.AuthenticationFailed, NotAuthenticated),
    (exceptions.PermissionDenied, PermissionRefused),
    (PermissionDenied, PermissionRefused),
    (exceptions.NotFound, NotFound),
    (Http404, NotFound),
    (exceptions.MethodNotAllowed, MethodNotAllowed),
    (exceptions.UnsupportedMediaType, UnsupportedMediaType),
    (RequestDataTooBig, BodyTooLarge),
    (UnreadablePostError, RequestTimeout),
]


def flatten(detail: Any, prefix: str = "") -> dict[str, list[Any]]:
    """{field: [messages]}; a field of a nested object or list is named `items.0.quantity`."""
    if isinstance(detail, Mapping):
        found: dict[str, list[Any]] = {}
        for key, value in detail.items():
            name = "body" if key == "non_field_errors" else str(key)
            if key == "non_field_errors" and prefix:
                found |= flatten(value, prefix)
            else:
                found |= flatten(value, f"{prefix}.{name}" if prefix else name)
        return found
    if isinstance(detail, list) and any(isinstance(item, Mapping | list) for item in detail):
        found = {}
        for index, item in enumerate(detail):
            found |= flatten(item, f"{prefix}.{index}" if prefix else str(index)) if item else {}
        return found
    return {prefix or "body": detail if isinstance(detail, list) else [detail]}


BY_STATUS: dict[int, type[DomainError]] = {
    400: BadRequest,
    401: NotAuthenticated,
    403: PermissionRefused,
    404: NotFound,
    405: MethodNotAllowed,
    408: RequestTimeout,
    413: BodyTooLarge,
    414: UriTooLong,
    415: UnsupportedMediaType,
    431: HeadersTooLarge,
    500: InternalError,
    503: ServiceUnavailable,
}
