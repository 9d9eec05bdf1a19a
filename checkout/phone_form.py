"""The form of an order that staff take on the phone."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from checkout.forms import MANY, new_key
from checkout.requests import NOTES_LENGTH, ChangeLine, PhoneRequest
from core.numbers import NumberField, WholeNumberField
from core.text import SoughtField, validate_text
from orders.models import FulfillmentType

LINE = re.compile(r"line_(\d{1,18})")


class PhoneForm(forms.Form):
    """How much of each product (`line_<product>`), `add` one more, where, when, and which card.

    `where` is `address:7` or `branch:3`, `slot` `12@2026-11-24` or "" for a pickup without, `card`
    `saved:5` or "" for a link. `q` looks for products.
    """

    key = forms.RegexField(r"^[\x21-\x7e]{1,128}$", required=False)
    q = SoughtField(label=_("Find a product"), max_length=80, required=False)
    add = WholeNumberField(min_value=1, max_value=MANY, required=False)
    where = forms.RegexField(r"^(address|branch):\d{1,18}$", required=False)
    slot = forms.RegexField(r"^\d{1,18}@\d{4}-\d{2}-\d{2}$", required=False)
    card = forms.RegexField(r"^saved:\d{1,18}$", required=False)
    consent = forms.BooleanField(
        label=_("The customer agrees that this card is used"), required=False
    )
    expected_total = NumberField(max_digits=12, decimal_places=2, required=False)
    notes = forms.CharField(
        label=_("A word to the packer"),
        max_length=NOTES_LENGTH,
        required=False,
        validators=[validate_text],
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"key": new_key()})
        for name in data or ():
            if LINE.fullmatch(name):
                self.fields[name] = NumberField(
                    min_value=Decimal(0), max_digits=9, decimal_places=3, required=False
                )

    def clean_slot(self) -> tuple[int, dt.date] | None:
        slot_id, at, date = self.cleaned_data["slot"].partition("@")
        try:
            return (int(slot_id), dt.date.fromisoformat(date)) if at else None
        except ValueError as error:
            raise forms.ValidationError(_("Please choose a time.")) from error

    def amounts(self) -> dict[int, Decimal]:
        """How much of each product is wanted, of a valid form."""
        return {
            int(match[1]): amount
            for name, amount in self.cleaned_data.items()
            if (match := LINE.fullmatch(name)) and amount
        }

    def phone_request(self, customer_id: int) -> PhoneRequest:
        """What the valid form asks for."""
        data = self.cleaned_data
        kind, _colon, place = data["where"].partition(":")
        slot_id, date = data["slot"] or (None, None)
        _kind, _colon, card = data["card"].partition(":")
        return PhoneRequest(
            customer_id=customer_id,
            lines=tuple(
                ChangeLine(product_id=key, quantity=amount)
                for key, amount in self.amounts().items()
            ),
            fulfillment_type=FulfillmentType.PICKUP
            if kind == "branch"
            else FulfillmentType.DELIVERY,
            branch_id=int(place) if kind == "branch" else None,
            address_id=int(place) if kind == "address" else None,
            delivery_slot_id=slot_id,
            delivery_date=date,
            payment_token_id=int(card) if card else None,
            consent=data["consent"],
            expected_total=data["expected_total"],
            notes=data["notes"],
        )
