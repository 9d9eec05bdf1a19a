"""Signing in and out, opening an account, getting back in without the password."""

from __future__ import annotations

from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.errors import EmailTaken
from accounts.forms import ForgotForm, LoginForm, RegisterForm, ResetForm
from accounts.models import User
from accounts.views.answers import again, next_url, onward
from mami import clock
from mami.errors import DomainError
from mami.form_refusals import place
from mami.ratelimits import client_address

BACKEND = "django.contrib.auth.backends.ModelBackend"
LOGIN, REGISTER = "accounts/login.html", "accounts/register.html"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign in; the same words for an unknown e-mail and a wrong password."""
    if request.user.is_authenticated:
        return redirect(next_url(request, request.user))
    form = LoginForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return render(request, LOGIN, {"form": form, "next": next_url(request)})
    if not form.is_valid():
        return again(request, LOGIN, form, next=next_url(request))
    try:
        user = services.authenticate(**form.cleaned_data, client=client_address(request))
    except DomainError as refusal:
        return again(request, LOGIN, form, refusal, next=next_url(request))
    return _enter(request, user)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Open an account and be signed in."""
    if request.user.is_authenticated:
        return redirect(next_url(request, request.user))
    form = RegisterForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return render(request, REGISTER, {"form": form, "next": next_url(request)})
    if not form.is_valid():
        return again(request, REGISTER, form, next=next_url(request))
    try:
        user = services.register(
            **form.cleaned_data,
            language=get_language() or settings.LANGUAGE_CODE,
            client=client_address(request),
            now=clock.now(),
        )
    except DomainError as refusal:
        place(form, refusal, "email" if isinstance(refusal, EmailTaken) else None)
        return again(request, REGISTER, form, refusal, next=next_url(request))
    return _enter(request, user)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Sign out; the basket stays with the account."""
    auth.logout(request)
    return redirect("home")


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
        services.forgot_password(
            **form.cleaned_data, client=client_address(request), now=clock.now()
        )
    except DomainError as refusal:
        place(form, refusal)
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
        services.reset_password(token=token, now=clock.now(), **form.cleaned_data)
    except DomainError as refusal:
        place(form, refusal)
        return again(request, "accounts/reset.html", form, refusal)
    messages.success(request, _("The new password is set. Please sign in with it."))
    return onward(request, reverse("accounts:login"))


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    """Begin the session; speak the person's language unless this browser chose one."""
    target = next_url(request, user)
    auth.login(request, user, backend=BACKEND)
    response = onward(request, target)
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        remember_language(response, user.language)
    return response


def remember_language(response: HttpResponse, language: str) -> None:
    """Let this browser keep the language."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
