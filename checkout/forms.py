"""The checkout page's one form, and what it asks of the services."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.forms import AddressForm
from accounts.models import DeliveryPreference
from accounts.services import AddressData
from checkout.errors import SlotRequired
from checkout.requests import (
    NOTE_LENGTH,
    NOTES_LENGTH,
    CardToken,
    ConfirmRequest,
    ExpectedSlot,
    PayRequest,
)
from core.days import read_day
from core.numbers import NumberField, WholeNumberField
from core.text import validate_text
from orders.models import FulfillmentType
from payments.errors import PaymentRequired

MANY = 2**62
SEEN = re.compile(
    r"([0-9]{1,18})@([0-9]{4}-[0-9]{2}-[0-9]{2})@([0-9]{2}:[0-9]{2})-([0-9]{2}:[0-9]{2})"
)
SAVED, TOKEN = "saved", "token"
ADDRESS_FIELDS = tuple(AddressForm.Meta.fields)
# What is kept over a sign-in: never a card, nor the key of a form that is gone.
REMEMBERED = (
    "where", "branch", "slot", "delivery_preference", "delivery_note", "notes", "business_name", "vat_id",
    *ADDRESS_FIELDS,
)  # fmt: skip


class CheckoutForm(forms.Form):
    """Everything typed and chosen on the page. `where` is `address:7`, `new` or `pickup`."""

    key = forms.RegexField(r"^[\x21-\x7e]{1,128}$", widget=forms.HiddenInput)
    cart_id = WholeNumberField(
        min_value=1, max_value=MANY, required=False, widget=forms.HiddenInput
    )
    expected_total = NumberField(
        max_digits=12, decimal_places=2, required=False, widget=forms.HiddenInput
    )
    expected_cart_version = WholeNumberField(
        min_value=0, max_value=MANY, required=False, widget=forms.HiddenInput
    )
    where = forms.RegexField(r"^(address:[0-9]{1,18}|new|pickup)$", required=False)
    branch = WholeNumberField(min_value=1, max_value=MANY, required=False)
    slot = forms.RegexField(r"^[0-9]{1,18}@[0-9]{4}-[0-9]{2}-[0-9]{2}$", required=False)
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
    business_name = forms.CharField(
        label=_("Name of the business"),
        max_length=120,
        required=False,
        validators=[validate_text],
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "organization"}),
    )
    vat_id = forms.CharField(
        label=_("VAT number"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        validators=[validate_text],
    )
    documents_asked = forms.BooleanField(required=False, widget=forms.HiddenInput)
    documents_consent = forms.BooleanField(
        label=_("Send me invoices by e-mail instead of printing them"), required=False
    )
    card = forms.RegexField(r"^(saved:[0-9]{1,18}|token:[\x21-\x7e]{1,200})$", required=False)
    save_as_default = forms.BooleanField(label=_("Keep as my usual card"), required=False)
    save_address = forms.BooleanField(label=_("Keep this address"), required=False)

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.address = AddressForm.where_asked(data, is_asked=self.is_new_address, initial=initial)

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
            return (int(slot_id), read_day(date)) if at else None
        except ValueError as error:
            raise forms.ValidationError(_("Please choose a time.")) from error

    def clean_vat_id(self) -> str:
        text: str = self.cleaned_data["vat_id"]
        return text.replace(" ", "").replace("-", "")

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
            expected_cart_version=data["expected_cart_version"],
            expected_slot=self._seen(slot_id, date),
            notes=data["notes"],
            delivery_preference=data["delivery_preference"] or DeliveryPreference.HAND_OVER,
            delivery_note=data["delivery_note"],
            business_name=data["business_name"],
            vat_id=data["vat_id"],
        )

    def documents_answer(self) -> bool | None:
        """Whether papers may come by e-mail; None where the page did not ask."""
        if not self.cleaned_data["documents_asked"]:
            return None
        return bool(self.cleaned_data["documents_consent"])

    def _seen(self, slot_id: int | None, date: dt.date | None) -> ExpectedSlot | None:
        """The chosen window as the page showed it: `seen` names each with its times."""
        for text in getattr(self.data, "getlist", lambda _name: [])("seen"):
            found = SEEN.fullmatch(text)
            if date and found and (int(found[1]), found[2]) == (slot_id, date.isoformat()):
                with contextlib.suppress(ValueError):  # no times a page of ours showed
                    start, end = (dt.time.fromisoformat(part) for part in (found[3], found[4]))
                    return ExpectedSlot(date=date, start_time=start, end_time=end)
        return None

    def new_address(self) -> AddressData:
        return AddressData(**self.address.values())


class PayForm(forms.Form):
    """Which card pays for an order that stands."""

    key = forms.RegexField(r"^[\x21-\x7e]{1,128}$", widget=forms.HiddenInput)
    card = forms.RegexField(
        r"^(saved:\d{1,18}|token:[\x21-\x7e]{1,200})$",
        error_messages={"required": PaymentRequired.message, "invalid": PaymentRequired.message},
    )
    save_as_default = forms.BooleanField(label=_("Keep as my usual card"), required=False)

    def pay_request(self) -> PayRequest:
        """What the valid form asks for."""
        kind, _colon, card = self.cleaned_data["card"].partition(":")
        provider = settings.PAYMENT_PROVIDER
        return PayRequest(
            payment_token_id=int(card) if kind == SAVED else None,
            payment=CardToken(provider=provider, token=card) if kind == TOKEN else None,
            save_as_default=self.cleaned_data["save_as_default"],
        )


def new_key() -> str:
    """One for each rendered form: pressing twice or reloading stays one order."""
    return uuid.uuid4().hex
