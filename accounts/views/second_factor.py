"""The second factor: the code after the password, and turning it on and off."""

from __future__ import annotations

from typing import Any

import segno
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import selectors, services
from accounts.callers import caller_of
from accounts.errors import ChallengeInvalid, SecondFactorNotStarted
from accounts.forms import CodeForm, CurrentPasswordForm, PasswordAndCodeForm
from accounts.middleware import remember_sign_in
from accounts.models import User
from accounts.views.entrance import CHALLENGE, enter
from accounts.views.responses import again, next_url, place_refusal
from core import clock
from core.errors import DomainError
from core.form_refusals import add_refusal
from core.typed_requests import PersonRequest

CODE = "accounts/code.html"
OVERVIEW = "accounts/second_factor.html"
SET_UP = "accounts/second_factor_set_up.html"
CODES = "accounts/recovery_codes.html"


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The second step of signing in: one field."""
    waiting = request.session.get(CHALLENGE)
    if waiting is None:
        return redirect("accounts:login")
    form = CodeForm(request.POST if request.method == "POST" else None)
    context = {"next": waiting["next"]}
    if not form.is_bound:
        return render(request, CODE, {"form": form, **context})
    if not form.is_valid():
        return again(request, CODE, form, **context)
    try:
        user = services.answer_challenge(
            challenge=waiting["challenge"],
            code=form.cleaned_data["code"],
            caller=caller_of(request),
            now=clock.now(),
        )
    except ChallengeInvalid as refusal:
        del request.session[CHALLENGE]
        messages.error(request, str(refusal.message))
        return redirect("accounts:login")
    except DomainError as refusal:
        add_refusal(form, refusal, "code")
        return again(request, CODE, form, refusal, **context)
    del request.session[CHALLENGE]
    return enter(request, user, next_url(request, user))


@never_cache
@sensitive_post_parameters("current_password")
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: PersonRequest) -> HttpResponse:
    """Whether it is on; a POST begins to set it up."""
    if request.method != "POST":
        return _overview(request)
    form = CurrentPasswordForm(request.POST)
    if not form.is_valid():
        return _overview(request, form)
    try:
        set_up = services.second_factor.begin(
            actor=request.user, now=clock.now(), **form.cleaned_data
        )
    except DomainError as refusal:
        _place(form, refusal)
        return _overview(request, form, refusal)
    return render(request, SET_UP, _scannable(set_up, CodeForm()))


@never_cache
@sensitive_post_parameters("code")
@require_POST
def confirm(request: PersonRequest) -> HttpResponse:
    """The app's first code turns it on; the recovery codes are shown this once."""
    form = CodeForm(request.POST)
    refusal: DomainError | None = None
    if form.is_valid():
        try:
            user, codes = services.second_factor.confirm(
                actor=request.user, now=clock.now(), **form.cleaned_data
            )
        except SecondFactorNotStarted:
            return redirect("accounts:second_factor")
        except DomainError as refused:
            refusal = refused
            _place(form, refused)
        else:
            return _show_codes(request, user, codes)
    try:
        set_up = services.second_factor.started(actor=request.user)
    except SecondFactorNotStarted:
        return redirect("accounts:second_factor")
    context = _scannable(set_up, form)
    return again(
        request, SET_UP, form, refusal, **{k: v for k, v in context.items() if k != "form"}
    )


@never_cache
@sensitive_post_parameters("code")
@require_POST
def new_codes(request: PersonRequest) -> HttpResponse:
    """Ten new recovery codes, shown this once."""
    form = CodeForm(request.POST, prefix="codes")
    if not form.is_valid():
        return _overview(request, codes_form=form)
    try:
        codes = services.second_factor.new_recovery_codes(
            actor=request.user, now=clock.now(), **form.cleaned_data
        )
    except DomainError as refusal:
        _place(form, refusal)
        return _overview(request, codes_form=form, refusal=refusal)
    return render(request, CODES, {"codes": codes})


@never_cache
@sensitive_post_parameters("current_password", "code")
@require_POST
def remove(request: PersonRequest) -> HttpResponse:
    """Turn it off, with the password and a code."""
    form = PasswordAndCodeForm(request.POST, prefix="remove")
    if not form.is_valid():
        return _overview(request, remove_form=form)
    try:
        services.second_factor.remove(actor=request.user, now=clock.now(), **form.cleaned_data)
    except DomainError as refusal:
        _place(form, refusal)
        return _overview(request, remove_form=form, refusal=refusal)
    messages.success(request, _("The second factor is off."))
    return redirect("accounts:second_factor")


def _overview(
    request: PersonRequest,
    form: CurrentPasswordForm | None = None,
    refusal: DomainError | None = None,
    *,
    codes_form: CodeForm | None = None,
    remove_form: PasswordAndCodeForm | None = None,
) -> HttpResponse:
    wrong = form or codes_form or remove_form
    context = {
        "state": selectors.second_factor_of(actor=request.user),
        "codes_form": codes_form or CodeForm(prefix="codes"),
        "remove_form": remove_form or PasswordAndCodeForm(prefix="remove"),
        "password_form": form or CurrentPasswordForm(),
    }
    if wrong is None:
        return render(request, OVERVIEW, context)
    return again(request, OVERVIEW, wrong, refusal, **context)


def _show_codes(request: PersonRequest, user: User, codes: list[str]) -> HttpResponse:
    auth.update_session_auth_hash(request, user)
    remember_sign_in(request, user)
    return render(request, CODES, {"codes": codes, "is_new": True})


def _scannable(set_up: services.second_factor.SetUp, form: CodeForm) -> dict[str, Any]:
    picture = segno.make(set_up.otpauth_uri, error="m").svg_data_uri(
        scale=5, border=2, light="#fff"
    )
    grouped = " ".join(set_up.secret[i : i + 4] for i in range(0, len(set_up.secret), 4))
    return {"form": form, "picture": picture, "secret": grouped, "address": set_up.otpauth_uri}


def _place(form: Any, refusal: DomainError) -> None:
    """Beside the field that was wrong."""
    place_refusal(form, refusal, "code")
