"""The screen on which staff take an order on the phone: put together, looked at, placed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import selectors as people
from accounts.models import Address, User
from branches import selectors as branches
from catalog.models import Product
from catalog.selectors import suggestions
from checkout import services as checkout
from checkout.change_page import Choice, refusal_lines, time_choice
from checkout.destinations import address_of, branch_for
from checkout.phone_form import LINE, PhoneForm
from checkout.quotes import Preview
from core.clock import now as clock_now
from core.clock import shop_date
from core.errors import DomainError
from core.typed_requests import PersonRequest
from ops.selectors import customers
from payments.services import tokens_of

DAYS = 8
MOST_FOUND = 8


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def customer_order(request: PersonRequest, customer_id: int) -> HttpResponse:
    """Take an order: `add` and `q` put it together, a POST shows its sum, `confirm` places it."""
    customer = customers.customer(customer_id=customer_id)
    form = PhoneForm(request.POST if request.method == "POST" else None)
    seen, problems = None, []
    if form.is_bound:
        if not form.is_valid():
            problems.append(_("Something in the form needs another look."))
        else:
            _take_in(form)
            try:
                if "confirm" in request.POST:
                    return _placed(request, form, customer)
                if form.amounts() and not form.cleaned_data["q"] and "look" in request.POST:
                    seen = checkout.preview_by_phone(
                        actor=request.user,
                        request=form.phone_request(customer.pk),
                        now=clock_now(),
                    )
            except DomainError as refusal:
                problems += refusal_lines(refusal)
    context = _page(form, customer, seen, problems)
    return render(request, "ops/phone_order.html", context, status=422 if problems else 200)


def _placed(request: PersonRequest, form: PhoneForm, customer: User) -> HttpResponse:
    result = checkout.order_by_phone(
        actor=request.user,
        key=form.cleaned_data["key"],
        request=form.phone_request(customer.pk),
        request_id=getattr(request, "request_id", ""),
        now=clock_now(),
    )
    messages.success(request, _("The order is placed; its customer gets a mail."))
    return redirect("ops:order", number=result.order_number)


def _take_in(form: PhoneForm) -> None:
    """Make the product `add` a line of the form."""
    added = form.cleaned_data["add"]
    product = Product.objects.active().filter(pk=added).first() if added else None
    if product is None:
        return
    data = cast(QueryDict, form.data).copy()
    name = f"line_{product.pk}"
    amount = Decimal(form.cleaned_data.get(name) or 0) + product.quantity_step
    data[name], data["q"] = f"{amount:f}", ""
    form.data = data
    form.cleaned_data |= {name: amount, "q": ""}


def _page(
    form: PhoneForm, customer: User, seen: Preview | None, problems: list[str]
) -> dict[str, Any]:
    now = clock_now()
    shops = list(branches.active_branches())
    where = str(form["where"].value() or "")
    kind, _colon, place = where.partition(":")
    addresses = people.addresses_of(actor=customer)
    branch_id = branch_for(address_of(addresses, where)).pk
    if kind == "branch":
        branch_id = next((shop.pk for shop in shops if str(shop.pk) == place), branch_id)
    windows = branches.available_slots(
        branch_id=branch_id, start=shop_date(now), days=DAYS, now=now
    )
    typed = {
        int(match[1]): value
        for name, value in (form.data or {}).items()
        if (match := LINE.fullmatch(name))
    }
    products = Product.objects.filter(pk__in=typed).in_bulk()
    q = "" if "q" in form.errors else str(form["q"].value() or "").strip()
    return {
        "customer": customer,
        "form": form,
        "lines": [(products[key], typed[key]) for key in typed if key in products],
        "found": suggestions(q=q, limit=MOST_FOUND).products if q else [],
        "places": _places(addresses, shops),
        "times": [time_choice(choice) for choice in windows if choice.is_open],
        "cards": [
            (f"saved:{card.pk}", f"{card.brand.capitalize()} ···· {card.last4}")
            for card in tokens_of(user_id=customer.pk)
        ],
        "seen": seen,
        "problems": problems,
    }


def _places(addresses: list[Address], shops: list[Any]) -> list[Choice]:
    return [
        *((f"address:{one.pk}", f"{one.line1}, {one.city}") for one in addresses),
        *((f"branch:{shop.pk}", _("Pick up: %(name)s") % {"name": shop.name}) for shop in shops),
    ]
