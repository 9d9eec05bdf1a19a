"""What every request passes: its id, the rights table, and the pages that show refusals."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from mami import metrics
from mami.errors import DomainError
from mami.rights import allows, right_for

Handler = Callable[[HttpRequest], HttpResponse]
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
UNGUARDED_NAMESPACES = frozenset({"admin"})


class RequestIdMiddleware:
    """Echo a well-formed `X-Request-Id`, make one otherwise; it stands in every log line."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")  # not `headers`: it is computed once
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        request.META["HTTP_X_REQUEST_ID"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response


class MetricsMiddleware:
    """Count every request by the name of its address, and its time. Stands outside of all others."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        with metrics.IN_HAND.track_inprogress():
            response = self.get_response(request)
        match = request.resolver_match
        metrics.answered(
            route=match.view_name if match else "",
            method=request.method or "",
            status=response.status_code,
            seconds=time.perf_counter() - began,
        )
        return response


class RightsMiddleware:
    """Enforce the rights table on pages. The JSON API enforces the same table by itself."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or request.path.startswith("/api/"):
            return None
        if UNGUARDED_NAMESPACES & set(match.namespaces):
            return None  # Django admin asks MamiAdminSite.has_permission itself
        right = right_for(match.view_name, request.method or "GET")
        if right is None:
            raise Http404
        if allows(right, request.user):
            return None
        if not request.user.is_authenticated:
            return _to_login(request)
        return render(request, "errors/403.html", status=403)


class DomainErrorMiddleware:
    """Show a refusal that a page did not place itself: a toast for HTMX, else a page."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError) or request.path.startswith("/api/"):
            return None
        metrics.refused(error.code)
        if request.headers.get("HX-Request") == "true":
            response = HttpResponse(status=error.status)
            response["HX-Reswap"] = "none"
            response["HX-Trigger"] = json.dumps({"toast": {"text": str(error.message)}})
            return response
        template = "errors/404.html" if error.status == 404 else "errors/refused.html"
        context = {"refusal": error, "back": _came_from(request)}
        return render(request, template, context, status=error.status)


def _to_login(request: HttpRequest) -> HttpResponse:
    """The sign-in page, with the way back; HTMX gets a full redirect instead of a swap."""
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=401)
        current = request.headers.get("HX-Current-URL", "/")
        response["HX-Redirect"] = redirect_to_login(_path_of(current)).url
        return response
    target = request.get_full_path() if request.method == "GET" else request.path
    return redirect_to_login(target)


def _came_from(request: HttpRequest) -> str:
    """The page of ours that the refused form stood on, or the empty string."""
    referer = request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(
        referer, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return _path_of(referer) if safe and referer else ""


def _path_of(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
