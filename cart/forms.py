"""What a basket's forms may carry."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django import forms

from cart.models import Substitution


class AddForm(forms.Form):
    """The round plus: a product and, at most, how much of it."""

    product = forms.IntegerField(min_value=1, max_value=2**62)
    quantity = forms.DecimalField(required=False, max_digits=9, decimal_places=3)


class QuantityForm(forms.Form):
    quantity = forms.DecimalField(min_value=Decimal(0), max_digits=9, decimal_places=3)


class SubstitutionForm(forms.Form):
    substitution = forms.ChoiceField(choices=Substitution.choices)


class SlotForm(forms.Form):
    """A window on a date, written `12@2026-11-24`."""

    slot = forms.RegexField(r"^\d{1,18}@\d{4}-\d{2}-\d{2}$")

    def clean_slot(self) -> tuple[int, dt.date]:
        slot_id, _at, date = self.cleaned_data["slot"].partition("@")
        try:
            return int(slot_id), dt.date.fromisoformat(date)
        except ValueError as error:
            raise forms.ValidationError("date") from error
