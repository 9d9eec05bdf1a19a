"""The shop's front door: the home page, the help pages, the language switch, error pages."""

from __future__ import annotations

import sys

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.services import update_profile
from cart.context import basket_of
from cart.windows import nearest
from catalog import selectors as catalog
from mami import clock, metrics
from mami.errors import RETRY_AFTER
from orders.habits import Habits, habits_of

SHOWN = 6
HELP_PAGES = {
    "delivery": _("Delivery and fees"),
    "refunds": _("Refunds"),
    "accessibility": _("Accessibility statement"),
    "privacy": _("Privacy"),
}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Choose a time, then walk the aisles."""
    now = clock.now()
    habits = _habits(request.user)
    context = {
        "now": now,
        "usual": habits.products,
        "last_order": habits.last_order,
        "windows": nearest(basket=basket_of(request), now=now),
        "tree": catalog.category_tree(),
        "offers": catalog.offers(limit=SHOWN),
    }
    return render(request, "home.html", context)


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """One of the short help and legal pages."""
    if slug not in HELP_PAGES:
        raise Http404
    code = "en" if get_language() == "en" else "he"
    context = {"title": HELP_PAGES[slug], "content": f"pages/{slug}.{code}.html"}
    return render(request, "pages/page.html", context)


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """What the web processes have counted, for Prometheus; nowhere without a token of its own."""
    allowed = metrics.may_read(request.headers.get("Authorization", ""))
    if allowed is None:
        raise Http404
    if not allowed:
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})
    return HttpResponse(metrics.exposition(), content_type=metrics.CONTENT_TYPE_LATEST)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember the language chosen (also for mail, when signed in); back to the page."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = "/"
    response = HttpResponseRedirect(target)
    code = request.POST.get("language", "")
    if code not in dict(settings.LANGUAGES):
        return response
    if request.user.is_authenticated:
        update_profile(actor=request.user, changes={"language": code})
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
    return response


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(static("img/favicon.svg"))


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    closed = ("/account/", "/admin/", "/api/", "/cart/", "/checkout/", "/ops/", "/orders/")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed)]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain")


def _habits(user: User | AnonymousUser) -> Habits:
    if user.is_authenticated:
        return habits_of(actor=user, limit=SHOWN)
    return Habits(products=[], last_order="")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/404.html", status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "errors/csrf.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """A page that asks nothing of the database, which may be what failed: 503 then."""
    busy = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    context = {"request_id": getattr(request, "request_id", ""), "busy": busy}
    code = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, settings.LANGUAGE_CODE)
    with override(code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE):
        # Rendered without the request: context processors may need the database.
        response = render(None, "errors/500.html", context, status=503 if busy else 500)
    if busy:
        response["Retry-After"] = RETRY_AFTER
    return response
