"""What the office's page of the books shows: every rule as a job judged it last, and what could be done."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from checkout import books
from core import clock
from core.clock import SHOP_TZ
from core.days import validate_day


class InstantForm(forms.Form):
    """About which moment the books are asked; about now where none is given."""

    as_of = forms.DateTimeField(
        label=_("As of"),
        validators=[validate_day],
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def instant(self) -> dt.datetime | None:
        found: dt.datetime | None = self.cleaned_data.get("as_of")
        return found.replace(tzinfo=SHOP_TZ) if found is not None else None


def books_page(params: Any) -> dict[str, Any]:
    """The form, and what a job said last of the moment it names; no verdict while that cannot be read."""
    form = InstantForm(params or None)
    if form.is_bound and not form.is_valid():
        return {"form": form, "verdicts": []}
    as_of = form.instant() if form.is_bound else None
    found = books.last_check(as_of=as_of)
    verdicts = found.verdicts if found else []
    return {
        "form": form,
        "check": found,
        "is_asked": books.is_asked(as_of=as_of, now=clock.now()),
        "verdicts": verdicts,
        "broken": sum(not verdict["kept"] for verdict in verdicts),
    }


def ask_again(*, actor: User, data: Any) -> str:
    """Have the books of the moment in the form checked; the query of the page that shows it."""
    form = InstantForm(data)
    if form.is_valid():
        books.ask(actor=actor, as_of=form.instant(), now=clock.now())
    moment = data.get("as_of", "")
    return urlencode({"as_of": moment}) if moment else ""
