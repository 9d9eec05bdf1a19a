"""Customers on the staff screens: found by whoever answers the phone, seen at a glance, with notes."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from core.clock import now as clock_now
from core.errors import DomainError
from core.text import SoughtField, TextField
from core.typed_requests import PersonRequest
from ops import selectors, services
from orders import services as orders
from orders.staff_models import NOTE_LENGTH


class CustomersForm(forms.Form):
    q = SoughtField(
        label=gettext_lazy("E-mail, name or phone"),
        min_length=services.FEWEST,
        max_length=120,
        required=False,
        error_messages={"min_length": gettext_lazy("Type at least three characters.")},
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )


class NoteForm(forms.Form):
    text = TextField(max_length=NOTE_LENGTH)


@never_cache
@require_GET
def customers(request: PersonRequest) -> HttpResponse:
    """Who calls: found by a part of their e-mail, name or phone."""
    form = CustomersForm(request.GET)
    found, asked, status = [], "", 200
    if form.is_valid() and (asked := form.cleaned_data["q"].strip()):
        try:
            found = services.find_customers(actor=request.user, text=asked)
        except DomainError as refusal:
            form.add_error("q", str(refusal.message))
    if form.errors:
        status = 422
    context = {"form": form, "customers": found, "asked": asked and not form.errors}
    return render(request, "ops/customers.html", context, status=status)


@never_cache
@require_GET
def customer(request: PersonRequest, customer_id: int) -> HttpResponse:
    """One customer at a glance."""
    found = services.look_at(actor=request.user, customer_id=customer_id, now=clock_now())
    return render(request, "ops/customer.html", {"found": found})


@require_POST
def customer_note(request: PersonRequest, customer_id: int) -> HttpResponse:
    """A note about a customer."""
    _write(request, customer_id=customer_id)
    return redirect("ops:customer", customer_id=customer_id)


@require_POST
def note(request: PersonRequest, number: str) -> HttpResponse:
    """A note about an order."""
    found = selectors.order_by_number(number=number)
    _write(request, order_id=found.pk)
    return redirect("ops:order", number=found.order_number)


def _write(request: PersonRequest, **about: int) -> None:
    form = NoteForm(request.POST)
    if form.is_valid():
        orders.write_note(
            actor=request.user, text=form.cleaned_data["text"], now=clock_now(), **about
        )
        messages.success(request, _("The note is kept."))
    for texts in form.errors.values():
        messages.error(request, " ".join(map(str, texts)))
