"""What every request passes: its id, the rights table, and the pages that show refusals."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus, urlsplit

import structlog
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.http import ConditionalGetMiddleware
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from core import metrics
from core.admission import RETURN_AFTER
from core.capabilities import is_offered
from core.error_pages import error_page
from core.errors import DomainError
from core.headers import REQUEST_ID
from core.htmx import is_htmx, leave_for, refused
from core.kept_forms import FIELD, keep_for_later
from core.next_pages import came_from, page_of_form
from core.rights import Right, allows, methods_of, right_for
from core.telemetry import notebook, request_lines, statements
from core.text import is_odd, sent_text

log = structlog.get_logger(__name__)
Handler = Callable[[HttpRequest], HttpResponse]
PACKED = frozenset({"application/pdf", "application/zip"})
WITHOUT_SECOND_FACTOR = ("accounts:", "language")
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


class PackingMiddleware(GZipMiddleware):
    """Django's gzip, but for what is packed already: a stored paper keeps its strong `ETag`."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if response.get("Content-Type", "") in PACKED:
            return response
        return super().process_response(request, response)


class MetricsMiddleware:
    """Count every request by the name of its address, its time and its statements, and write its line.

    Stands outside of all others.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if RETURN_AFTER in request.META:  # the door asks for words; whom it tells them, it counts
            return self.get_response(request)
        began, tally = time.perf_counter(), statements.begin()
        metrics.IN_HAND.add(1)
        try:
            response = self.get_response(request)
        finally:
            metrics.IN_HAND.add(-1)
        seconds = time.perf_counter() - began
        notebook.OF_THIS_PROCESS.note(
            request_lines.answered(
                request, response, route=_route(request), seconds=seconds, tally=tally
            )
        )
        return response


def _route(request: HttpRequest) -> str:
    """The rights table's name of what was asked; never the path."""
    if match := request.resolver_match:
        return match.view_name
    return "static" if request.path_info.startswith(settings.STATIC_URL) else ""


class AddressMiddleware:
    """Nothing in an address that PostgreSQL, the file system or a log cannot bear.

    A NUL, or bytes that are no text, name nothing: 404 in the path, 400 in the query. HEAD is
    answered as GET everywhere; the server leaves the body away.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/api/"):
            if is_odd(request.path_info):
                return error_page(request, "errors/404.html", status=404)
            query = sent_text(request.META.get("QUERY_STRING", ""))
            if is_odd(unquote_plus(query, errors="surrogateescape")):
                return error_page(request, "errors/400.html", status=400)
        if request.method != "HEAD":
            return self.get_response(request)
        request.method = "GET"
        try:
            return self.get_response(request)
        finally:
            request.method = "HEAD"


class PartsMiddleware:
    """One address may answer whole and in part: no cache, and no Back button, may mix them up."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ("HX-Request",))
            if is_htmx(request) and not response.has_header("Cache-Control"):
                response["Cache-Control"] = "no-store"
        return response


class ConditionalMiddleware(ConditionalGetMiddleware):
    """304 for whoever has the present version, `If-None-Match: *` included; makes no tags itself."""

    def needs_etag(self, response: HttpResponseBase) -> bool:
        return False


class RightsMiddleware:
    """Enforce the rights table on pages. The JSON API enforces the same table by itself."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and not request.path_info.startswith("/api/"):
            return _not_offered(request, response.get("Allow", "POST"))
        if response.status_code == 404 and _was_somebodys(request):
            return _to_login(request)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or request.path.startswith("/api/"):
            return None
        if _must_set_up(request, match.view_name):
            return redirected(request, reverse(settings.SECOND_FACTOR_PAGE))
        if UNGUARDED_NAMESPACES & set(match.namespaces):
            # Django admin asks MamiAdminSite.has_permission itself; a form needs its way back.
            lost = request.method == "POST" and not request.user.is_authenticated
            return _to_login(request) if lost else None
        method = request.method or "GET"
        if not is_offered(match.view_name, method):
            raise Http404
        right = right_for(match.view_name, method)
        if right is None:
            offered = methods_of(match.view_name)
            if not offered:
                raise Http404
            return _not_offered(request, ", ".join(sorted(offered)))
        if allows(right, request.user):
            return None
        if not request.user.is_authenticated:
            return _to_login(request)
        return error_page(request, "errors/403.html", status=403)


class DomainErrorMiddleware:
    """Show a refusal that a page did not place itself: a toast for HTMX, else a page.

    So too what the database cannot take (a NUL, a number without end, no such word of a list): it
    is the request's fault and gets 400, and the log has it as an error of ours: a form should have
    seen it first.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if request.path.startswith("/api/"):
            return None
        if isinstance(error, DataError | OverflowError):
            log.error("unforeseen_data", exc_info=error)
            return error_page(request, "errors/400.html", status=400)
        if not isinstance(error, DomainError):
            return None
        metrics.refused(error.code)
        if is_htmx(request):
            return _with_wait(refused(str(error.message), status=error.status), error)
        template = "errors/404.html" if error.status == 404 else "errors/refused.html"
        context = {"refusal": error, "back": came_from(request)}
        return _with_wait(error_page(request, template, context, status=error.status), error)


def _with_wait(response: HttpResponse, refusal: DomainError) -> HttpResponse:
    """Say when to come back, where the refusal knows."""
    if "retry_after" in refusal.details:
        response["Retry-After"] = str(refusal.details["retry_after"])
    return response


def _must_set_up(request: HttpRequest, route: str) -> bool:
    """Whether this person needs a second factor first, on any page but the account's and public ones."""
    if route.startswith(WITHOUT_SECOND_FACTOR) or right_for(route, "GET") is Right.PUBLIC:
        return False
    return bool(getattr(request.user, "lacks_second_factor", False))


def redirected(request: HttpRequest, url: str) -> HttpResponse:
    """To another page; HTMX gets a full redirect instead of a swap."""
    if is_htmx(request):
        return leave_for(url, status=403)
    return HttpResponseRedirect(url)


def _to_login(request: HttpRequest) -> HttpResponse:
    """The sign-in page, with the way back to a page that can be looked at.

    HTMX gets a full redirect instead of a swap. A form that comes too late is told of after the
    sign-in, and what may be kept of it waits there.
    """
    if request.method == "GET" and not is_htmx(request):
        return redirect_to_login(request.get_full_path())
    target = page_of_form(request)
    if request.method == "POST":
        keep_for_later(request, page=urlsplit(target).path)
    to_login = redirect_to_login(target)
    if not is_htmx(request):
        return to_login
    return leave_for(to_login.url, status=401)


def _was_somebodys(request: HttpRequest) -> bool:
    """A form of a public page that was made for somebody, and whose session has ended since.

    What it is about (a line of their basket) is there for them alone.
    """
    if request.method != "POST" or request.path_info.startswith("/api/"):
        return False
    return bool(request.POST.get(FIELD)) and not request.user.is_authenticated


def _not_offered(request: HttpRequest, allow: str) -> HttpResponse:
    """405 in words, with the page to go on from; nothing was done."""
    context = {"back": page_of_form(request)}
    response = error_page(request, "errors/405.html", context, status=405)
    response["Allow"] = allow
    return response
