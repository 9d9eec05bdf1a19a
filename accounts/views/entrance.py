"""Signing in and out, opening an account, getting back in without the password."""

from __future__ import annotations

from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.callers import DEVICE_COOKIE, caller_of
from accounts.errors import EmailTaken, SecondFactorRequired
from accounts.forms import ForgotForm, LoginForm, RegisterForm, ResetForm
from accounts.middleware import remember_sign_in
from accounts.models import User
from accounts.views.responses import again, next_url
from core import clock
from core.cookies import cookie_name
from core.errors import DomainError
from core.form_refusals import add_refusal
from core.htmx import redirect_to
from core.kept_forms import UNSENT, was_unsent
from core.languages import remember_language

BACKEND = "django.contrib.auth.backends.ModelBackend"
DEVICE_COOKIE_AGE = 60 * 60 * 24 * 365
CHALLENGE = "sign_in_challenge"
LOGIN, REGISTER = "accounts/login.html", "accounts/register.html"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign in; the same words for an unknown e-mail and a wrong password."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(next_url(request, request.user))
    form = LoginForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return render(request, LOGIN, {"form": form, "next": next_url(request)})
    if not form.is_valid():
        return again(request, LOGIN, form, next=next_url(request))
    try:
        user = services.sign_in(**form.cleaned_data, caller=caller_of(request), now=clock.now())
    except SecondFactorRequired as wanted:
        request.session[CHALLENGE] = {
            "challenge": wanted.details["challenge"],
            "next": request.POST.get("next", ""),
        }
        return redirect_to(request, reverse("accounts:code"))
    except DomainError as refusal:
        return again(request, LOGIN, form, refusal, next=next_url(request), guarded=True)
    return enter(request, user, next_url(request, user))


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Open an account and be signed in."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(next_url(request, request.user))
    form = RegisterForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return render(request, REGISTER, {"form": form, "next": next_url(request)})
    if not form.is_valid():
        return again(request, REGISTER, form, next=next_url(request))
    try:
        user = services.register(
            **form.cleaned_data,
            language=get_language() or settings.LANGUAGE_CODE,
            face="PAGES",
            caller=caller_of(request),
            now=clock.now(),
        )
    except DomainError as refusal:
        add_refusal(form, refusal, "email" if isinstance(refusal, EmailTaken) else None)
        return again(request, REGISTER, form, refusal, next=next_url(request))
    return enter(request, user, next_url(request, user))


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Sign out; the basket stays with the account."""
    services.sessions.end_of_session(session_key=request.session.session_key or "", now=clock.now())
    auth.logout(request)
    response = redirect("home")
    response["Clear-Site-Data"] = '"cache"'
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        remember_language(response, get_language() or settings.LANGUAGE_CODE)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgot(request: HttpRequest) -> HttpResponse:
    """Ask for a link by e-mail; the answer never tells whether there is such an account."""
    form = ForgotForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return render(request, "accounts/forgot.html", {"form": form})
    if not form.is_valid():
        return again(request, "accounts/forgot.html", form)
    try:
        services.forgot_password(**form.cleaned_data, caller=caller_of(request), now=clock.now())
    except DomainError as refusal:
        add_refusal(form, refusal)
        return again(request, "accounts/forgot.html", form, refusal)
    return render(request, "accounts/forgot.html", {"form": form, "sent": True})


@never_cache
@sensitive_post_parameters("new_password")
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest, token: str) -> HttpResponse:
    """Set a new password with the link from the mail."""
    form = ResetForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return render(request, "accounts/reset.html", {"form": form})
    if not form.is_valid():
        return again(request, "accounts/reset.html", form)
    try:
        user = services.reset_password(
            token=token, caller=caller_of(request), now=clock.now(), **form.cleaned_data
        )
    except DomainError as refusal:
        add_refusal(form, refusal)
        return again(request, "accounts/reset.html", form, refusal)
    messages.success(request, _("The new password is set. Please sign in with it."))
    answer = redirect_to(request, reverse("accounts:login"))
    return remember_device(answer, request, user, signed_in=False)


def enter(request: HttpRequest, user: User, target: str) -> HttpResponse:
    """Begin the session and go on, in the language of the page; this browser keeps that one."""
    auth.login(request, user, backend=BACKEND)
    remember_sign_in(request, user)
    if was_unsent(request):
        messages.warning(request, UNSENT)
    response = remember_device(redirect_to(request, target), request, user)
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        remember_language(response, get_language() or settings.LANGUAGE_CODE)
    return response


def remember_device(
    response: HttpResponse, request: HttpRequest, user: User, *, signed_in: bool = True
) -> HttpResponse:
    """Let this browser be known to the account the next time somebody guesses at it."""
    token = services.remember_device(
        user=user, caller=caller_of(request), now=clock.now(), signed_in=signed_in
    )
    response.set_cookie(
        cookie_name(DEVICE_COOKIE),
        token,
        max_age=DEVICE_COOKIE_AGE,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
    return response
