"""What a person agreed to, a copy of what the shop holds, leaving for good."""

from __future__ import annotations

from django.contrib import auth, messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import selectors, services
from accounts.data_copy import data_copy
from accounts.forms import CurrentPasswordForm
from accounts.models import ConsentKind
from accounts.services.consents import CHOSEN
from accounts.views.responses import again, place_refusal
from core import clock
from core.errors import DomainError
from core.typed_requests import PersonRequest

ERASE, EXPORT = "accounts/erase.html", "accounts/export.html"


@never_cache
@require_safe
def overview(request: PersonRequest) -> HttpResponse:
    """What was agreed to and what can be chosen."""
    rows = selectors.consents_of(actor=request.user)
    given = {row.kind for row in rows if row.given}

    def asked(*kinds: ConsentKind) -> list[dict[str, object]]:
        return [{"kind": kind, "label": kind.label, "given": kind in given} for kind in kinds]

    context = {
        "consents": rows,
        "offers": asked(*CHOSEN),
        "papers": asked(ConsentKind.DOCUMENTS),
        "export": services.export_of(actor=request.user),
    }
    return render(request, "accounts/data.html", context)


@require_POST
def consent(request: PersonRequest, kind: str) -> HttpResponse:
    """Agree to offers, or to papers by e-mail, or withdraw it."""
    given = request.POST.get("given") == "1"
    try:
        services.choose_consent(
            actor=request.user, kind=kind, given=given, now=clock.now(), face="PAGES"
        )
    except DomainError as refusal:
        if refusal.status == 404:
            raise
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("Saved."))
    return redirect("accounts:data")


@never_cache
@sensitive_post_parameters("current_password")
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: PersonRequest) -> HttpResponse:
    """Leave for good, after the password."""
    form = CurrentPasswordForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return render(request, ERASE, {"form": form})
    if not form.is_valid():
        return again(request, ERASE, form)
    try:
        services.erase_account(actor=request.user, now=clock.now(), **form.cleaned_data)
    except DomainError as refusal:
        numbers = refusal.details.get("order_numbers", [])
        said = f"{refusal.message} {', '.join(numbers)}" if numbers else ""
        wrong = place_refusal(form, refusal, text=said)
        return again(request, ERASE, form, None if wrong else refusal)
    auth.logout(request)
    messages.success(request, _("Your account is erased. Thank you for having been with us."))
    return redirect("home")


@never_cache
@sensitive_post_parameters("current_password")
@require_http_methods(["GET", "HEAD", "POST"])
def export(request: PersonRequest) -> HttpResponse:
    """Ask for a copy of all the shop holds, after the password."""
    form = CurrentPasswordForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return render(request, EXPORT, {"form": form})
    if not form.is_valid():
        return again(request, EXPORT, form)
    try:
        services.ask_export(actor=request.user, now=clock.now(), **form.cleaned_data)
    except DomainError as refusal:
        wrong = place_refusal(form, refusal)
        return again(request, EXPORT, form, None if wrong else refusal)
    messages.success(request, _("The copy is being made. It will stand here in a few minutes."))
    return redirect("accounts:data")


@require_safe
def export_file(request: PersonRequest) -> FileResponse:
    """The copy itself."""
    return data_copy(actor=request.user)
