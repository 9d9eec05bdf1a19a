"""The places we deliver to."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import selectors, services
from accounts.forms import AddressForm
from accounts.services import AddressData
from accounts.views.responses import again
from core.errors import DomainError
from core.form_refusals import add_refusal
from core.typed_requests import PersonRequest

FORM = "accounts/address.html"


@never_cache
@require_safe
def listing(request: PersonRequest) -> HttpResponse:
    """All of a person's addresses."""
    addresses = selectors.addresses_of(actor=request.user)
    return render(request, "accounts/addresses.html", {"addresses": addresses})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: PersonRequest) -> HttpResponse:
    """A new address."""
    if request.method != "POST":
        return render(request, FORM, {"form": AddressForm()})
    form = AddressForm(request.POST)
    if not form.is_valid():
        return again(request, FORM, form)
    try:
        services.add_address(actor=request.user, data=AddressData(**form.values()))
    except DomainError as refusal:
        add_refusal(form, refusal)
        form.suggest(refusal)
        return again(request, FORM, form, refusal)
    messages.success(request, _("The address is saved."))
    return redirect("accounts:addresses")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: PersonRequest, address_id: int) -> HttpResponse:
    """Change an address."""
    actor = request.user
    address = selectors.address_for(actor=actor, address_id=address_id)
    if request.method != "POST":
        form = AddressForm(instance=address)
        return render(request, FORM, {"form": form, "address_id": address_id})
    form = AddressForm(request.POST, instance=address)
    if not form.is_valid():
        return again(request, FORM, form, address_id=address_id)
    try:
        services.update_address(actor=actor, address_id=address_id, changes=form.values())
    except DomainError as refusal:
        add_refusal(form, refusal)
        form.suggest(refusal)
        return again(request, FORM, form, refusal, address_id=address_id)
    messages.success(request, _("The address is saved."))
    return redirect("accounts:addresses")


@require_POST
def delete(request: PersonRequest, address_id: int) -> HttpResponse:
    """Forget an address; orders keep their own copy."""
    services.delete_address(actor=request.user, address_id=address_id)
    messages.success(request, _("The address is deleted."))
    return redirect("accounts:addresses")


@require_POST
def make_default(request: PersonRequest, address_id: int) -> HttpResponse:
    """Make an address the one checkout proposes."""
    services.set_default_address(actor=request.user, address_id=address_id)
    return redirect("accounts:addresses")
