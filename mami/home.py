"""The shop's front door: the home page, the help pages, the language switch, error pages."""

from __future__ import annotations

import sys

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.services import update_profile
from accounts.services.consents import VERSIONS
from branches.areas import LISTED, has_areas, localities
from branches.chosen_place import destination
from cart.context import basket_of
from cart.windows import nearest
from catalog import selectors as catalog
from catalog.process_cache import recall
from core import clock, metrics
from core.error_pages import error_page
from core.errors import RETRY_AFTER
from core.languages import address_in, remember_language, spoken_language
from core.next_pages import came_from, page_of_form, page_or
from core.transactions import said_to_the_queue
from core.whole_files import is_no_room
from mami.state_figures import exposition
from orders.frequent_products import Habits, habits_of

SHOWN = 6
HELP_PAGES = {
    "delivery": _("Delivery and fees"),
    "refunds": _("Refunds"),
    "accessibility": _("Accessibility statement"),
    "privacy": _("Privacy"),
    "terms": _("Terms of sale"),
}
AGREED = {
    "terms": HELP_PAGES["terms"],
    "privacy": HELP_PAGES["privacy"],
    "documents": _("Invoices by e-mail"),
    "marketing_email": _("Offers by e-mail"),
    "marketing_sms": _("Offers by SMS"),
    "off_session_card": _("Your card for standing orders"),
}
"""Texts that people agree to, by the kind of consent: every version of them stays readable."""


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Choose a time, then walk the aisles."""
    now = clock.now()
    habits, memory = _habits(request.user), recall()
    to, served = destination(request), localities(limit=LISTED)
    context = {
        "now": now,
        "usual": habits.products,
        "last_order": habits.last_order,
        "windows": nearest(basket=basket_of(request), now=now, to=to),
        "to": to,
        "served": served,
        "asks_place": served[0].has_areas if served else has_areas(),  # type: ignore[attr-defined]
        "tree": catalog.category_tree(memory),
        "offers": catalog.discounted_products(limit=SHOWN, memory=memory),
    }
    return render(request, "home.html", context)


@require_safe
def page(request: HttpRequest, slug: str, version: str = "") -> HttpResponse:
    """One of the short help pages, or a text that people agree to, also one of before."""
    title = AGREED.get(slug) or (None if version else HELP_PAGES.get(slug))
    if title is None:
        raise Http404
    code = "en" if get_language() == "en" else "he"
    content = f"pages/{slug}.{code}.html"
    if slug in AGREED:
        content = f"legal/{slug}.{version or VERSIONS[slug.upper()]}.{code}.html"
    try:
        get_template(content)
    except TemplateDoesNotExist as error:
        raise Http404 from error
    context = {"title": title, "content": content}
    return render(request, "pages/page.html", context)


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What a browser shows of a page that it did not keep, while there is no connection."""
    return render(request, "pages/offline.html")


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """What the web processes have counted, for Prometheus; nowhere without a token of its own."""
    allowed = metrics.may_read(request.headers.get("Authorization", ""))
    if allowed is None:
        raise Http404
    if not allowed:
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})
    return HttpResponse(exposition(), content_type=metrics.CONTENT_TYPE_LATEST)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember the language chosen (also for mail, when signed in); to the page in it."""
    target = page_or(request, request.POST.get("next", ""), came_from(request) or "/")
    code = request.POST.get("language", "")
    if code not in dict(settings.LANGUAGES):
        return HttpResponseRedirect(target)
    response = HttpResponseRedirect(address_in(code, target))
    if request.user.is_authenticated:
        update_profile(actor=request.user, changes={"language": code})
    remember_language(response, code)
    return response


def _habits(user: User | AnonymousUser) -> Habits:
    if user.is_authenticated:
        return habits_of(actor=user, limit=SHOWN)
    return Habits(products=[], last_order="")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, "errors/400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, "errors/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, "errors/404.html", status=404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(request, "errors/csrf.html", {"back": page_of_form(request)}, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """A page that asks nothing of the database, which may be what failed: 503 then."""
    error = sys.exc_info()[1]
    if error is not None:
        error = said_to_the_queue(error) or error
    busy = isinstance(error, OperationalError | InterfaceError) or is_no_room(error)
    context = {"request_id": getattr(request, "request_id", ""), "busy": busy}
    with override(spoken_language(request)):
        # Rendered without the request: context processors may need the database.
        response = error_page(None, "errors/500.html", context, status=503 if busy else 500)
    if busy:
        response["Retry-After"] = RETRY_AFTER
    return response
