"""What the shop knows about a person, and their password."""

from __future__ import annotations

from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import services
from accounts.forms import PasswordForm, ProfileForm
from accounts.middleware import remember_sign_in
from accounts.services.profile import PROFILE_FIELDS
from accounts.views.responses import again, place_refusal
from core import clock
from core.errors import DomainError
from core.form_refusals import add_refusal
from core.languages import remember_language
from core.next_pages import page_or
from core.typed_requests import PersonRequest


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The pages of the account."""
    return render(request, "accounts/home.html")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: PersonRequest) -> HttpResponse:
    """Name, phone, language; then back to the page of this site that `next` names."""
    user = request.user
    if request.method != "POST":
        known = {name: getattr(user, name) for name in PROFILE_FIELDS}
        form = ProfileForm(initial=known)
        return render(request, "accounts/profile.html", {"form": form})
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return again(request, "accounts/profile.html", form)
    try:
        services.update_profile(actor=user, changes=form.cleaned_data)
    except DomainError as refusal:
        add_refusal(form, refusal)
        return again(request, "accounts/profile.html", form, refusal)
    asked = request.GET.get("next", "")
    response = redirect(page_or(request, asked, reverse("accounts:home")))
    remember_language(response, form.cleaned_data["language"])
    with override(form.cleaned_data["language"]):
        messages.success(request, _("Saved."))
    return response


@never_cache
@sensitive_post_parameters("current_password", "new_password")
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: PersonRequest) -> HttpResponse:
    """Change the password; other devices are signed out, this one stays."""
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return render(request, "accounts/password.html", {"form": form})
    if not form.is_valid():
        return again(request, "accounts/password.html", form)
    try:
        user = services.change_password(actor=request.user, now=clock.now(), **form.cleaned_data)
    except DomainError as refusal:
        place_refusal(form, refusal)
        return again(request, "accounts/password.html", form, refusal)
    auth.update_session_auth_hash(request, user)
    remember_sign_in(request, user)
    messages.success(request, _("The new password is set. Other devices were signed out."))
    return redirect("accounts:home")
