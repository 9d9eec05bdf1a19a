"""How account pages answer a form: the form again with what is wrong, or onward to where the visitor was going."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.errors import InvalidCredentials
from accounts.models import User
from core.errors import RETRY_AFTER, DomainError, ServiceUnavailable
from core.form_refusals import add_refusal
from core.limits import RateLimited
from core.next_pages import page_or


def again(
    request: HttpRequest,
    template: str,
    form: forms.BaseForm,
    refusal: DomainError | None = None,
    **context: Any,
) -> HttpResponse:
    """The page with the filled form and its errors: 422, or 429 or 503 with the time to wait."""
    wait = refusal.details["retry_after"] if isinstance(refusal, RateLimited) else 0
    if isinstance(refusal, ServiceUnavailable):
        refused = render(
            request, template, {"form": form, "refusal": refusal, **context}, status=503
        )
        refused["Retry-After"] = RETRY_AFTER
        return refused
    known = {"form": form, "refusal": refusal, "wait_minutes": -(-wait // 60), **context}
    response = render(request, template, known, status=429 if wait else 422)
    if wait:
        response["Retry-After"] = str(wait)
    return response


def place_refusal(
    form: forms.BaseForm, refusal: DomainError, field: str | None = None, *, text: str = ""
) -> bool:
    """Say a refusal at `field`; that the present password was wrong, at that one and in its own words.

    Returns whether it was that.
    """
    wrong = isinstance(refusal, InvalidCredentials)
    if wrong:
        field, text = "current_password", _("This is not your password.")
    add_refusal(form, refusal, field, text=text)
    return wrong


def next_url(request: HttpRequest, user: User | None = None) -> str:
    """Where to go after signing in: where the visitor was going, on this site only."""
    default = "/ops/" if user is not None and user.is_employee else "/"
    target = request.POST.get("next") or request.GET.get("next") or ""
    return default if target == "/" else page_or(request, target, default)
