"""What a basket's forms may carry."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms

from cart.models import NOTE_LENGTH, Substitution
from core.days import read_day
from core.numbers import NumberField, WholeNumberField
from core.text import validate_text


class AddForm(forms.Form):
    """The round plus: a product and, at most, how much of it."""

    product = WholeNumberField(min_value=1, max_value=2**62)
    quantity = NumberField(required=False, max_digits=9, decimal_places=3)


class QuantityForm(forms.Form):
    """How much of a product: what a button says (`to`), else what stands in the field."""

    quantity = NumberField(min_value=Decimal(0), max_digits=9, decimal_places=3, required=False)
    to = NumberField(min_value=Decimal(0), max_digits=9, decimal_places=3, required=False)

    def clean(self) -> dict[str, Any]:
        """Beside a button nothing depends on the field, which may hold anything."""
        pressed = self.cleaned_data.get("to")
        if pressed is not None:
            self.errors.pop("quantity", None)
            self.cleaned_data["quantity"] = pressed
        elif "to" not in self.errors and self.cleaned_data.get("quantity") is None:
            self.add_error("quantity", forms.ValidationError("required", code="required"))
        return self.cleaned_data


class SubstitutionForm(forms.Form):
    substitution = forms.ChoiceField(choices=Substitution.choices)


class NoteForm(forms.Form):
    """A word for the picker; the service says what may stand in it."""

    note = forms.CharField(
        required=False, max_length=4 * NOTE_LENGTH, strip=False, validators=[validate_text]
    )


class SlotForm(forms.Form):
    """A window on a date, written `12@2026-11-24`."""

    slot = forms.RegexField(r"^[0-9]{1,18}@[0-9]{4}-[0-9]{2}-[0-9]{2}$")

    def clean_slot(self) -> tuple[int, dt.date]:
        slot_id, _at, date = self.cleaned_data["slot"].partition("@")
        try:
            return int(slot_id), read_day(date)
        except ValueError as error:
            raise forms.ValidationError("date") from error
