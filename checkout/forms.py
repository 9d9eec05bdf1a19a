"""The checkout page's one form, and what it asks of the services."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.forms import AddressForm
from accounts.services import AddressData
from checkout.errors import SlotRequired
from checkout.requests import NOTE_LENGTH, NOTES_LENGTH, CardToken, ConfirmRequest
from mami.text import validate_text
from orders.models import DeliveryPreference, FulfillmentType
from payments.errors import PaymentRequired

MANY = 2**62
SAVED, TOKEN = "saved", "token"
ADDRESS_FIELDS = tuple(AddressForm.Meta.fields)
# What is kept over a sign-in: never a card, nor the key of a form that is gone.
REMEMBERED = (
    "where", "branch", "slot", "delivery_preference", "delivery_note", "notes", *ADDRESS_FIELDS,
)  # fmt: skip


class CheckoutForm(forms.Form):
    """Everything typed and chosen on the page. `where` is `address:7`, `new` or `pickup`."""

    key = forms.RegexField(r"^[\x21-\x7e]{1,128}$", widget=forms.HiddenInput)
    cart_id = forms.IntegerField(
        min_value=1, max_value=MANY, required=False, widget=forms.HiddenInput
    )
    expected_total = forms.DecimalField(
        max_digits=12, decimal_places=2, required=False, widget=forms.HiddenInput
    )
    where = forms.RegexField(r"^(address:\d{1,18}|new|pickup)$", required=False)
    branch = forms.IntegerField(min_value=1, max_value=MANY, required=False)
    slot = forms.RegexField(r"^\d{1,18}@\d{4}-\d{2}-\d{2}$", required=False)
    delivery_preference = forms.ChoiceField(
        label=_("At the door"), choices=DeliveryPreference.choices, required=False
    )
    delivery_note = forms.CharField(
        label=_("Note for the courier"),
        max_length=NOTE_LENGTH,
        required=False,
        validators=[validate_text],
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    notes = forms.CharField(
        label=_("A word to the packer"),
        max_length=NOTES_LENGTH,
        required=False,
        validators=[validate_text],
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    card = forms.RegexField(r"^(saved:\d{1,18}|token:[\x21-\x7e]{1,200})$", required=False)
    save_as_default = forms.BooleanField(label=_("Keep as my usual card"), required=False)
    save_address = forms.BooleanField(label=_("Keep this address"), required=False)

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.address = AddressForm(data, initial=initial)

    @property
    def is_new_address(self) -> bool:
        return bool(self["where"].value() == "new")

    def is_valid(self) -> bool:
        """Whether all of it can be asked for; a new address counts only when it is chosen."""
        fine = super().is_valid()
        fine = (self.address.is_valid() and fine) if self.is_new_address else fine
        if not fine:
            self._tell_what_else_is_missing()
        return fine

    def _tell_what_else_is_missing(self) -> None:
        """All gaps at once: who mends the address should not be sent back for the time."""
        data = self.cleaned_data
        if data.get("slot", "") is None and data.get("where") != "pickup":
            self.add_error("slot", SlotRequired.message)
        if data.get("card", "-") == "":
            self.add_error("card", PaymentRequired.message)

    def clean_slot(self) -> tuple[int, dt.date] | None:
        slot_id, at, date = self.cleaned_data["slot"].partition("@")
        try:
            return (int(slot_id), dt.date.fromisoformat(date)) if at else None
        except ValueError as error:
            raise forms.ValidationError(_("Please choose a time.")) from error

    def clean_expected_total(self) -> Decimal | None:
        total: Decimal | None = self.cleaned_data["expected_total"]
        return total

    def confirm_request(self) -> ConfirmRequest:
        """What the valid form asks for."""
        data = self.cleaned_data
        where, _colon, address_id = data["where"].partition(":")
        slot_id, date = data["slot"] or (None, None)
        kind, _colon, card = data["card"].partition(":")
        pickup = where == "pickup"
        return ConfirmRequest(
            fulfillment_type=FulfillmentType.PICKUP if pickup else FulfillmentType.DELIVERY,
            branch_id=data["branch"] if pickup else None,
            delivery_slot_id=slot_id,
            delivery_date=date,
            address_id=int(address_id) if where == "address" else None,
            address=self.new_address() if where == "new" else None,
            cart_id=data["cart_id"],
            payment_token_id=int(card) if kind == SAVED else None,
            payment=CardToken(provider=settings.PAYMENT_PROVIDER, token=card)
            if kind == TOKEN
            else None,
            save_as_default=data["save_as_default"],
            expected_total=data["expected_total"],
            notes=data["notes"],
            delivery_preference=data["delivery_preference"] or DeliveryPreference.HAND_OVER,
            delivery_note=data["delivery_note"],
        )

    def new_address(self) -> AddressData:
        return AddressData(**self.address.cleaned_data)


def new_key() -> str:
    """One for each rendered form: pressing twice or reloading stays one order."""
    return uuid.uuid4().hex
