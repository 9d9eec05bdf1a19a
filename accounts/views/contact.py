"""Proving a mailbox, changing the address, the phone's code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.forms import EmailChangeForm, PhoneCodeForm
from accounts.middleware import remember_sign_in
from accounts.services.mail_proofs import proof_by_token
from accounts.views.responses import again, place_refusal
from core import clock
from core.errors import DomainError
from core.form_refusals import add_refusal
from core.typed_requests import PersonRequest

EMAIL, PHONE = "accounts/email.html", "accounts/phone.html"
LINKS: dict[str, tuple[Callable[..., Any], Any, Any]] = {
    "VERIFY": (
        services.verify_email,
        gettext_lazy("This address is mine"),
        gettext_lazy("Thank you, the address is confirmed."),
    ),
    "CHANGE": (
        services.confirm_email,
        gettext_lazy("Sign in with this address from now on"),
        gettext_lazy("The new address holds. Please sign in with it."),
    ),
    "TAKE_BACK": (
        services.take_back_email,
        gettext_lazy("Stop it, it was not me"),
        gettext_lazy("It is stopped. Please choose a new password too."),
    ),
}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, token: str, kind: str) -> HttpResponse:
    """A link from a mail: a page with one button, because scanners open links too."""
    act, button, done = LINKS[kind]
    proof = proof_by_token(token=token, kind=kind, now=clock.now())
    context = {"proof": proof, "button": button, "refusal": None}
    if request.method != "POST":
        status = 200 if proof else 404
        return render(request, "accounts/mail_link.html", context, status=status)
    who = request.user.pk
    try:
        person = act(token=token, now=clock.now())
    except DomainError as refusal:
        context |= {"proof": None, "refusal": refusal}
        return render(request, "accounts/mail_link.html", context, status=refusal.status)
    if kind == "CHANGE" and person.pk == who:
        auth.update_session_auth_hash(request, person)
        remember_sign_in(request, person)
        messages.success(request, _("The new address holds. Other devices were signed out."))
        return redirect("accounts:home")
    messages.success(request, str(done))
    return redirect("accounts:home" if kind == "VERIFY" else "accounts:login")


@require_POST
def verify_again(request: PersonRequest) -> HttpResponse:
    """Send the link that proves the address again."""
    if services.verify_again(actor=request.user, now=clock.now()):
        messages.success(request, _("The link is on its way to you."))
    return redirect("accounts:home")


@never_cache
@sensitive_post_parameters("current_password")
@require_http_methods(["GET", "HEAD", "POST"])
def email(request: PersonRequest) -> HttpResponse:
    """Ask for another address to sign in with."""
    form = EmailChangeForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return render(request, EMAIL, {"form": form})
    if not form.is_valid():
        return again(request, EMAIL, form)
    try:
        services.ask_email_change(actor=request.user, now=clock.now(), **form.cleaned_data)
    except DomainError as refusal:
        place_refusal(form, refusal, "new_email")
        return again(request, EMAIL, form, refusal)
    messages.success(request, _("We sent a link to the new address. Until it is used, all stays."))
    return redirect("accounts:email")


@require_POST
def withdraw_email(request: PersonRequest) -> HttpResponse:
    """Let the pending change go."""
    services.withdraw_email_change(actor=request.user, now=clock.now())
    messages.success(request, _("The change is withdrawn."))
    return redirect("accounts:email")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def phone(request: PersonRequest) -> HttpResponse:
    """Prove the phone with a code."""
    form = PhoneCodeForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return render(request, PHONE, {"form": form})
    if not form.is_valid():
        return again(request, PHONE, form)
    try:
        services.verify_phone(actor=request.user, now=clock.now(), **form.cleaned_data)
    except DomainError as refusal:
        add_refusal(form, refusal, "code")
        return again(request, PHONE, form, refusal)
    messages.success(request, _("Thank you, the phone is confirmed."))
    return redirect("accounts:home")


@require_POST
def phone_code(request: PersonRequest) -> HttpResponse:
    """Send a code to the phone."""
    try:
        services.send_phone_code(actor=request.user, now=clock.now())
    except DomainError as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("A code is on its way to your phone."))
    return redirect("accounts:phone")
