"""Days that a shop can mean. Others run over the ends of the calendar as soon as one counts on.

Every day that comes from outside is read here, or by a field of this module.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

FIRST, LAST = dt.date(2000, 1, 1), dt.date(2100, 12, 31)
NOT_OURS = _("That date is not in our calendar.")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def validate_day(day: dt.date) -> None:
    """Raise ValidationError for a day, or an instant, outside of FIRST to LAST."""
    if not FIRST <= (day.date() if isinstance(day, dt.datetime) else day) <= LAST:
        raise ValidationError(NOT_OURS, code="not_in_calendar")


def read_day(text: str) -> dt.date:
    """The day written `2026-11-29`. Raises ValueError for any other text, and any other day."""
    if not _ISO.fullmatch(text):
        raise ValueError(text)
    day = dt.date.fromisoformat(text)
    if not FIRST <= day <= LAST:
        raise ValueError(text)
    return day


class DayField(forms.DateField):
    """A day in a form, with the browser's own calendar."""

    default_validators = [validate_day]

    def __init__(self, **options: Any) -> None:
        bounds = {"type": "date", "min": FIRST.isoformat(), "max": LAST.isoformat()}
        options.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs=bounds))
        super().__init__(**options)
