"""Where somebody is signed in, and how they sign in."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import selectors, services
from accounts.middleware import SIGN_IN
from core import clock
from core.typed_requests import PersonRequest


@never_cache
@require_safe
def overview(request: PersonRequest) -> HttpResponse:
    """Sign-ins that are good now, password and second factor."""
    context = {
        "sign_ins": selectors.sign_ins_of(actor=request.user, now=clock.now()),
        "current": request.session.get(SIGN_IN, {}).get("id"),
        "state": selectors.second_factor_of(actor=request.user),
    }
    return render(request, "accounts/security.html", context)


@require_POST
def end(request: PersonRequest, sign_in_id: int) -> HttpResponse:
    """End one of them."""
    services.sessions.end(actor=request.user, sign_in_id=sign_in_id, now=clock.now())
    messages.success(request, _("That device is signed out."))
    return redirect("accounts:security")


@require_POST
def everywhere(request: PersonRequest) -> HttpResponse:
    """End all of them, this one too."""
    services.end_everywhere(actor=request.user, now=clock.now())
    return redirect("accounts:login")
