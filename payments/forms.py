"""The form that adds a saved card, and the days of a settlement."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.days import DayField
from core.text import validate_text

SANDBOX_CARDS = [
    ("tok_visa", _("Test card Visa")),
    ("tok_mastercard", _("Test card Mastercard")),
    ("tok_declined", _("Test card that is declined")),
    ("tok_slow", _("Test card of a slow bank")),
    ("tok_timeout", _("Test card whose answer gets lost")),
    ("tok_unreachable", _("Test card of a bank that cannot be reached")),
    ("tok_3ds", _("Test card whose bank asks you to confirm")),
    ("tok_short", _("Test card that holds for ten seconds")),
    ("tok_later_declined", _("Test card that is declined when it is asked later")),
    ("tok_later_3ds", _("Test card whose bank asks you to confirm later")),
]


class CardForm(forms.Form):
    """A card token of the active provider; card numbers are typed at the provider, never here."""

    token = forms.CharField(label=_("Card"), max_length=200, validators=[validate_text])


class DaysForm(forms.Form):
    """From which day to which, both included; the last two weeks unless told otherwise."""

    MOST_DAYS = 366
    USUAL_DAYS = 14

    first = DayField(label=_("From day"))
    last = DayField(label=_("To day"))

    def __init__(self, data: Any, *, today: dt.date) -> None:
        usual = today - dt.timedelta(days=self.USUAL_DAYS - 1)
        given = {"first": data.get("first") or usual, "last": data.get("last") or today}
        super().__init__(given)
        self.usual = (usual, today)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and not 0 <= (last - first).days < self.MOST_DAYS:
            self.add_error("last", _("Choose at most a year, the end after the start."))
        return cleaned

    def days(self) -> tuple[dt.date, dt.date]:
        """The days asked for; the usual ones for a form with mistakes."""
        if not self.is_valid():
            return self.usual
        return self.cleaned_data["first"], self.cleaned_data["last"]
