"""What the office's page of the books shows: every rule, kept or broken, and what could be done."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from checkout.invariants import ALL
from core.clock import SHOP_TZ
from core.days import validate_day
from core.invariants import judge

SHOWN = 20


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
    """The form and the verdicts about the moment it names; none while that cannot be read."""
    form = InstantForm(params or None)
    if form.is_bound and not form.is_valid():
        return {"form": form, "verdicts": []}
    verdicts = judge(ALL, as_of=form.instant() if form.is_bound else None)
    return {
        "form": form,
        "verdicts": [
            {
                "name": verdict.rule.name,
                "skipped": verdict.skipped,
                "kept": verdict.is_kept,
                "count": len(verdict.findings),
                "findings": verdict.findings[:SHOWN],
                "more": max(0, len(verdict.findings) - SHOWN),
            }
            for verdict in verdicts
        ],
        "broken": sum(not verdict.is_kept for verdict in verdicts),
    }
