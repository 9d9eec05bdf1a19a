"""The form of the page that changes an order, for its customer and for staff."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.forms import AddressForm
from accounts.services import AddressData
from checkout.forms import MANY, SAVED, TOKEN, new_key
from checkout.requests import NOTES_LENGTH, CardToken, ChangeLine, ChangeRequest
from core.numbers import NumberField, WholeNumberField
from core.text import SoughtField, validate_text
from orders.models import FulfillmentType, Order, OrderItem

ADDED = re.compile(r"added_(\d{1,18})")
AMOUNT: dict[str, Any] = {
    "min_value": Decimal(0), "max_digits": 9, "decimal_places": 3, "required": False,
}  # fmt: skip


class ChangeForm(forms.Form):
    """How much of each line (`quantity_<line>`), what is added (`added_<product>`, `add`; `q` looks
    for it), where and when. `where` is "" (as it is), `address:7`, `new` or `pickup`; `slot` "" keeps the window.
    """

    key = forms.RegexField(r"^[\x21-\x7e]{1,128}$", required=False)
    version = WholeNumberField(min_value=1, max_value=2**31, required=False)
    expected_total = NumberField(max_digits=12, decimal_places=2, required=False)
    add = WholeNumberField(min_value=1, max_value=MANY, required=False)
    q = SoughtField(max_length=80, required=False, validators=[validate_text])
    where = forms.RegexField(r"^(address:\d{1,18}|new|pickup)$", required=False)
    branch = WholeNumberField(min_value=1, max_value=MANY, required=False)
    slot = forms.RegexField(r"^\d{1,18}@\d{4}-\d{2}-\d{2}$", required=False)
    card = forms.RegexField(r"^(saved:\d{1,18}|token:[\x21-\x7e]{1,200})$", required=False)
    notes = forms.CharField(
        label=_("A word to the packer"),
        max_length=NOTES_LENGTH,
        required=False,
        validators=[validate_text],
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    reason = forms.CharField(
        label=_("Why, for the customer"),
        max_length=200,
        required=False,
        validators=[validate_text],
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )

    def __init__(self, data: Any = None, *, order: Order, items: Iterable[OrderItem]) -> None:
        initial = {"notes": order.notes, "version": order.version, "key": new_key()}
        super().__init__(data, initial=initial)
        self.fields["reason"].is_needed_later = True  # type: ignore[attr-defined]  # not to look, but to confirm
        self.order = order
        self.items = [item for item in items if item.substitute_for_id is None]
        for item in self.items:
            self.fields[f"quantity_{item.pk}"] = NumberField(**AMOUNT, initial=item.quantity)
        for name in data or ():
            if ADDED.fullmatch(name):
                self.fields[name] = NumberField(**AMOUNT)
        self.address = AddressForm.where_asked(data, is_asked=self["where"].value() == "new")

    def is_valid(self) -> bool:
        fine = super().is_valid()
        if self["where"].value() == "new":
            fine = self.address.is_valid() and fine
        return fine

    def clean_slot(self) -> tuple[int, dt.date] | None:
        slot_id, at, date = self.cleaned_data["slot"].partition("@")
        try:
            return (int(slot_id), dt.date.fromisoformat(date)) if at else None
        except ValueError as error:
            raise forms.ValidationError(_("Please choose a time.")) from error

    def amounts(self) -> dict[int, Decimal]:
        """How much of each product is wanted, of a valid form; a field left empty stays."""
        found: dict[int, Decimal] = {}
        for item in self.items:
            typed = self.cleaned_data.get(f"quantity_{item.pk}")
            amount = item.quantity if typed is None else typed
            found[item.product_id] = found.get(item.product_id, Decimal(0)) + amount
        for name, amount in self.cleaned_data.items():
            if (match := ADDED.fullmatch(name)) and amount:
                key = int(match[1])
                found[key] = found.get(key, Decimal(0)) + amount
        return found

    def ask_why(self) -> None:
        """Say at its field that the reason is missing, and lead there."""
        self.add_error("reason", _("Tell the customer why, in 3 to 200 characters."))
        self.fields["reason"].widget.attrs["autofocus"] = True

    def asks_nothing(self) -> bool:
        """Whether the valid form leaves the order as it is."""
        return self.cleaned_data["add"] is None and self.change_request().asks_nothing

    def change_request(self, *, step_of_added: Decimal | None = None) -> ChangeRequest:
        """What the valid form asks for; `step_of_added` is one step of the product `add`."""
        data, amounts = self.cleaned_data, self.amounts()
        if data["add"] is not None and step_of_added is not None:
            amounts[data["add"]] = amounts.get(data["add"], Decimal(0)) + step_of_added
        before: dict[int, Decimal] = {}
        for item in self.items:
            before[item.product_id] = before.get(item.product_id, Decimal(0)) + item.quantity
        where, _colon, address_id = data["where"].partition(":")
        slot_id, date = data["slot"] or (None, None)
        kind, _colon, card = data["card"].partition(":")
        return ChangeRequest(
            lines=None if amounts == before else _lines(amounts),
            fulfillment_type=self._kind(where),
            branch_id=data["branch"] if where == "pickup" else None,
            delivery_slot_id=slot_id,
            delivery_date=date,
            address_id=int(address_id) if where == "address" else None,
            address=AddressData(**self.address.values()) if where == "new" else None,
            notes=data["notes"] if data["notes"] != self.order.notes else None,
            payment_token_id=int(card) if kind == SAVED else None,
            payment=CardToken(provider=settings.PAYMENT_PROVIDER, token=card)
            if kind == TOKEN
            else None,
            expected_version=data["version"],
            expected_total=data["expected_total"],
            reason=data["reason"],
        )

    def _kind(self, where: str) -> str | None:
        """Another kind of order than it is, where that is asked."""
        wanted = FulfillmentType.PICKUP if where == "pickup" else FulfillmentType.DELIVERY
        return wanted if where and wanted != self.order.fulfillment_type else None


def _lines(amounts: dict[int, Decimal]) -> tuple[ChangeLine, ...]:
    return tuple(ChangeLine(product_id=key, quantity=amount) for key, amount in amounts.items())
