"""How account pages answer a form: the form again with what is wrong, or onward."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from mami.errors import DomainError
from mami.ratelimits import RateLimited


def onward(request: HttpRequest, url: str) -> HttpResponse:
    """To another page, also when HTMX asked."""
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=200)
        response["HX-Redirect"] = url
        return response
    return HttpResponseRedirect(url)


def again(
    request: HttpRequest,
    template: str,
    form: forms.BaseForm,
    refusal: DomainError | None = None,
    **context: Any,
) -> HttpResponse:
    """The page with the filled form and its errors: 422, or 429 with the time to wait."""
    wait = refusal.details["retry_after"] if isinstance(refusal, RateLimited) else 0
    known = {"form": form, "refusal": refusal, "wait_minutes": -(-wait // 60), **context}
    response = render(request, template, known, status=429 if wait else 422)
    if wait:
        response["Retry-After"] = str(wait)
    return response


def next_url(request: HttpRequest, user: User | None = None) -> str:
    """Where to go after signing in: where the visitor was going, on this site only."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    if target != "/" and url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return target
    return "/ops/" if user is not None and user.is_employee else "/"
