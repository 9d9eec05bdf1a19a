"""Refusals told before session, language and database were asked for."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import override

from core import htmx
from core.error_pages import error_page
from core.errors import RETRY_AFTER, DomainError
from core.languages import PREFIXED, chosen_language, is_prefixed


def refused(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    """A page, a toast for HTMX, or (below /api/) what ApiEnvelopeMiddleware makes of `refusal`."""
    code = PREFIXED if is_prefixed(request.path_info) else chosen_language(request)
    with override(code or settings.LANGUAGE_CODE):
        response = _told(request, refusal)
    if refusal.status == 503:
        response["Retry-After"] = str(refusal.details.get("retry_after", RETRY_AFTER))
    response.refusal = refusal  # type: ignore[attr-defined]
    # A refusal is no failure: its request's line says all, Django's own would be an error.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _told(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return HttpResponse(status=refusal.status)
    if htmx.is_htmx(request):
        return htmx.refused(str(refusal.message), status=refusal.status)
    # Without the request: context processors would ask the database.
    return error_page(None, "errors/bare.html", {"refusal": refusal}, status=refusal.status)
