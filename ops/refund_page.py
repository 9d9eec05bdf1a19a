"""The refund screen: what was typed, read as a request, what its page shows, and its two steps."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from billing.selectors import documents_of
from core.clock import now as clock_now
from core.errors import DomainError
from core.numbers import NumberField, is_plain, with_point
from core.text import TextField
from core.typed_requests import PersonRequest
from ops import selectors, services
from orders import selectors as orders
from orders.errors import RefundExceedsLine
from orders.models import Order, OrderItem
from orders.problem_reports import problems_of
from orders.refund_models import OrderCharge
from orders.selectors import order_by_id
from orders.services import ItemPart, RefundRequest, preview_refund, vat_of_refund
from orders.services.refund_parts import RefundPart
from payments.refunds import REASON_CHOICES, refunds_of
from payments.selectors import payment_summary

NOTHING = Decimal(0)
NO_NUMBER = gettext_lazy("Enter a number.")


class RefundForm(forms.Form):
    """`quantity_<line>`, `amount_<line>`, `restock_<line>`, `charge_<charge>`, `fee`, `amount`,
    `reason_code`, `reason`; `key` names the request, `confirm` says that the sum was seen."""

    fee = forms.CharField(label=gettext_lazy("Of the delivery fee"), required=False, max_length=20)
    amount = NumberField(
        label=gettext_lazy("An amount over everything"), required=False, decimal_places=2
    )
    reason_code = forms.ChoiceField(label=gettext_lazy("Reason"), choices=REASON_CHOICES)
    reason = TextField(
        label=gettext_lazy("In words; the customer sees this"), max_length=200, required=False
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(
        self,
        data: Any = None,
        *,
        items: Iterable[OrderItem],
        charges: Iterable[OrderCharge] = (),
        **options: Any,
    ) -> None:
        super().__init__(data, **options)
        self.items, self.charges = list(items), list(charges)
        for item in self.items:
            self._add(f"quantity_{item.pk}", _("Quantity: %(name)s"), item.name, places=3)
            self._add(f"amount_{item.pk}", _("Amount: %(name)s"), item.name, places=2)
            self.fields[f"restock_{item.pk}"] = forms.BooleanField(
                label=_("back to the shelf"), required=False
            )
        for charge in self.charges:
            name = charge.item.name if charge.item else str(charge.get_kind_display())
            self._add(f"charge_{charge.pk}", _("Quantity: %(name)s"), name, places=3)

    def _add(self, field: str, label: str, name: str, *, places: int) -> None:
        self.fields[field] = NumberField(
            label=label % {"name": name}, required=False, min_value=0, decimal_places=places
        )

    def clean_fee(self) -> Decimal | bool | None:
        text = with_point(str(self.cleaned_data["fee"]).strip())
        if text in ("on", "true", "all"):
            return True
        if not text:
            return None
        if not is_plain(text):
            raise forms.ValidationError(NO_NUMBER)
        return Decimal(text) or None

    def to_request(self) -> RefundRequest:
        """What was asked for; zeros and empty fields ask for nothing."""
        values = self.cleaned_data
        charges = {one.pk: values[f"charge_{one.pk}"] for one in self.charges}
        return RefundRequest(
            items=[
                ItemPart(
                    id=item.pk,
                    quantity=values[f"quantity_{item.pk}"] or None,
                    amount=values[f"amount_{item.pk}"] or None,
                    restock=values[f"restock_{item.pk}"],
                )
                for item in self.items
                if values[f"quantity_{item.pk}"] or values[f"amount_{item.pk}"]
            ],
            charges={key: quantity for key, quantity in charges.items() if quantity},
            fee=values["fee"],
            amount=values["amount"] or None,
            reason_code=values["reason_code"],
            reason=values["reason"],
        )

    def refuse(self, refusal: DomainError) -> None:
        """Say a refusal at the field it is about."""
        if isinstance(refusal, RefundExceedsLine):
            details = refusal.details
            self.add_error(
                _field_of(details),
                _("%(words)s Left: %(sum)s ₪, %(quantity)s.")
                % {
                    "words": refusal.message,
                    "sum": details["refundable"],
                    "quantity": details["refundable_quantity"],
                },
            )
            return
        fields = refusal.details.get("fields") or {"": [str(refusal.message)]}
        for name, texts in fields.items():
            known = name if name in self.fields else None
            for text in texts:
                self.add_error(known, text)


def _field_of(details: Any) -> str:
    if details.get("charge_id"):
        return f"charge_{details['charge_id']}"
    return f"quantity_{details['item_id']}" if details["item_id"] else "fee"


def refund_form(order: Order, data: Any = None) -> RefundForm:
    """The form of an order's lines and charges that were charged at all."""
    initial = {"reason_code": "DAMAGED", "key": uuid4().hex}
    items = [item for item in order.items.all() if item.charged]
    charges = [one for one in orders.charges_of(order=order) if one.charged and not one.item_id]
    return RefundForm(data, items=items, charges=charges, initial=initial)


def refund_page(
    *, order: Order, form: RefundForm, parts: list[RefundPart] | None = None, key: str = ""
) -> dict[str, Any]:
    """The page; `parts` is what the typed request comes to, before the button."""
    notes = {paper.refund_id: paper for paper in documents_of(order_id=order.pk)}
    left = order.captured_total - orders.refunded_total(order=order)
    return {
        "order": order,
        "form": form,
        "rows": [_row(form, item) for item in form.items],
        "charge_rows": [(one, form[f"charge_{one.pk}"]) for one in form.charges],
        "fee_left": order.charged_fee - order.refunded_fee,
        "payment": payment_summary(payment_id=order.payment_id),
        "left": left,
        "parts": parts,
        "vat": vat_of_refund(order=order, parts=parts) if parts else None,
        "waiting": [one for one in problems_of(order=order) if one.status == "RECEIVED"],
        "sum": sum((part.amount for part in parts or ()), Decimal("0.00")),
        "typed": [(name, value) for name, value in form.data.items() if name in form.fields]
        if parts
        else [],
        "key": key or uuid4().hex,
        "refunds": [
            (refund, notes.get(refund.id)) for refund in refunds_of(payment_id=order.payment_id)
        ],
    }


def _row(form: RefundForm, item: OrderItem) -> dict[str, Any]:
    return {
        "item": item,
        "left": item.charged - item.refunded_amount,
        "quantity": form[f"quantity_{item.pk}"],
        "amount": form[f"amount_{item.pk}"],
        "restock": form[f"restock_{item.pk}"],
    }


@require_http_methods(["GET", "POST"])
def refund(request: PersonRequest, number: str) -> HttpResponse:
    """Give money back, line by line: the first POST shows the sum, the second one acts."""
    found = order_by_id(order_id=selectors.order_by_number(number=number).pk)
    form = refund_form(found, request.POST or None)
    parts, status = None, 422 if request.POST else 200
    if form.is_valid():
        try:
            wanted = form.to_request()
            if "confirm" in request.POST:  # pressed twice, its key answers what is given already
                services.refund_once(actor=request.user, order_id=found.pk, request=wanted,
                                     key=form.cleaned_data["key"], now=clock_now())  # fmt: skip
                messages.success(request, _("The refund is asked for."))
                return redirect("ops:refund", number=found.order_number)
            parts = preview_refund(actor=request.user, order_id=found.pk, request=wanted)
            status = 200
        except DomainError as refusal:
            form.refuse(refusal)
    context = refund_page(order=found, form=form, parts=parts)
    return render(request, "ops/refund.html", context, status=status)
