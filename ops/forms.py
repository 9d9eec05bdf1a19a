"""What people type on the staff screens."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from branches.models import Branch
from branches.selectors import active_branches
from mami.clock import shop_instant
from ops.selectors import OPEN
from orders.models import FulfillmentType, OrderStatus, PickedStatus

FIRST_HOUR, LAST_HOUR, WINDOW_HOURS = 6, 22, 2
TO_PACK = "TO_PACK"
ALL_OPEN = "OPEN"
GROUPS: dict[str, tuple[str, ...]] = {
    TO_PACK: (OrderStatus.CREATED, OrderStatus.IN_PROGRESS),
    ALL_OPEN: OPEN,
}
ASK_WHY = frozenset({OrderStatus.DELAYED, OrderStatus.CANCELED})
REASONS = {
    "OUT_OF_STOCK": _("The shelf is empty"),
    "DAMAGED": _("Damaged or spoiled"),
    "EXPIRED": _("Date too short"),
    "NOT_FOUND": _("Not found in its place"),
}


def _status_choices() -> list[tuple[str, Any]]:
    return [
        (TO_PACK, _("New and in packing")),
        (ALL_OPEN, _("All open orders")),
        *OrderStatus.choices,
    ]


def _window_choices() -> list[tuple[str, Any]]:
    starts = range(FIRST_HOUR, LAST_HOUR, WINDOW_HOURS)
    return [
        ("", _("All windows")),
        *((f"{hour:02}", f"{hour:02}:00–{hour + WINDOW_HOURS:02}:00") for hour in starts),
    ]


def with_points(data: Any, name: str) -> Any:
    """What was typed, with a point for the comma that many scales show."""
    data = data.copy()
    if name in data:
        data[name] = data[name].strip().replace(",", ".")
    return data


class QueueForm(forms.Form):
    """The filters of the queue. What it cannot read it leaves out, and says so at the field."""

    q = forms.CharField(label=_("Number, e-mail or phone"), max_length=120, required=False)
    status = forms.ChoiceField(label=_("Status"), choices=_status_choices, required=False)
    branch = forms.ModelChoiceField(
        label=_("Branch"),
        queryset=Branch.objects.none(),
        required=False,
        empty_label=_("All branches"),
    )
    way = forms.ChoiceField(
        label=_("How"),
        choices=[("", _("Delivery and pickup")), *FulfillmentType.choices],
        required=False,
    )
    day = forms.DateField(
        label=_("Delivery day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    slot = forms.ChoiceField(
        label=_("Window"), choices=_window_choices, required=False, help_text=_("Of that day.")
    )
    mine = forms.BooleanField(label=_("Only mine"), required=False)
    urgency = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, person_id: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person_id = person_id
        self.fields["branch"].queryset = active_branches()  # type: ignore[attr-defined]
        self.fields["q"].widget.attrs |= {"dir": "auto", "autocomplete": "off"}
        for name in ("q", "status", "branch", "way", "day", "slot"):
            self.fields[name].widget.attrs["class"] = "input"

    def says_more(self) -> bool:
        """Whether one of the filters that a narrow screen folds away is set."""
        return any(self[name].value() for name in ("branch", "way", "day", "slot"))

    def show_counts(self, by_status: dict[str, int]) -> None:
        """Put the number of open orders beside each status."""
        totals = by_status | {
            name: sum(by_status.get(status, 0) for status in group)
            for name, group in GROUPS.items()
        }
        self.fields["status"].choices = [  # type: ignore[attr-defined]
            (name, f"{label} ({totals[name]})" if name in totals else label)
            for name, label in _status_choices()
        ]

    def window_start(self, today: dt.date) -> dt.datetime | None:
        """The start of the chosen window, on the chosen day or today."""
        hour = self.cleaned_data.get("slot")
        day = self.cleaned_data.get("day") or today
        return shop_instant(day, dt.time(int(hour))) if hour else None

    def statuses(self) -> tuple[str, ...]:
        """The statuses asked for; new and in packing unless something else was chosen."""
        chosen = self.cleaned_data.get("status") or TO_PACK
        return GROUPS.get(chosen, (chosen,))


class AnswerForm(forms.Form):
    """A picker's answer for one line; without `picked_status` only the number found changed."""

    picked_status = forms.ChoiceField(
        choices=[("PENDING", ""), ("PICKED", ""), ("MISSING", "")], required=False
    )
    picked_quantity = forms.DecimalField(max_digits=9, decimal_places=3, required=False)
    found = forms.DecimalField(max_digits=9, decimal_places=3, required=False)
    reason = forms.ChoiceField(choices=REASONS.items(), required=False)
    client_id = forms.UUIDField(required=False)
    seen_status = forms.ChoiceField(choices=PickedStatus.choices, required=False)

    def __init__(self, data: Any, **kwargs: Any) -> None:
        super().__init__(with_points(data, "picked_quantity"), **kwargs)


class ScanForm(forms.Form):
    barcode = forms.CharField(max_length=40)
    client_id = forms.UUIDField(required=False)
    picked_quantity = forms.DecimalField(max_digits=9, decimal_places=3, required=False)


class SwapForm(forms.Form):
    """What is given instead of a line: chosen or scanned, and how much of it."""

    product = forms.IntegerField(min_value=1, max_value=2**62, required=False)
    barcode = forms.CharField(max_length=40, required=False)
    quantity = forms.DecimalField(max_digits=9, decimal_places=3, required=False)
    agreed = forms.BooleanField(required=False)
    client_id = forms.UUIDField(required=False)
    seen_status = forms.ChoiceField(choices=PickedStatus.choices, required=False)

    def __init__(self, data: Any, **kwargs: Any) -> None:
        super().__init__(with_points(data, "quantity"), **kwargs)


class ClaimForm(forms.Form):
    """`from`: whom the person who pressed saw on the order; `next`: where to go then."""

    next = forms.ChoiceField(choices=[("pick", ""), ("queue", "")], required=False)

    def seen_picker(self) -> int | None:
        """Whom the page showed as picker when the button was pressed."""
        text = self.data.get("from", "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None


class FinishForm(forms.Form):
    bags = forms.IntegerField(label=_("Bags"), min_value=1, max_value=99, required=False)


class HandOverForm(forms.Form):
    code = forms.CharField(label=_("Pickup code"), max_length=20)


class DeliverForm(forms.Form):
    note = forms.CharField(
        label=_("Where it was left, or with whom"), max_length=200, required=False
    )
    photo = forms.FileField(label=_("Photo"), required=False)


class StatusForm(forms.Form):
    """The next step; being late and being cancelled need a reason."""

    status = forms.ChoiceField(choices=OrderStatus.choices)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def clean(self) -> None:
        data = self.cleaned_data
        if data.get("status") in ASK_WHY and not data.get("reason"):
            self.add_error("reason", _("Please say why."))


class PlaceForm(forms.Form):
    """Which branch and which day; the delivery source and today where nothing is chosen."""

    branch = forms.ModelChoiceField(
        label=_("Branch"), queryset=Branch.objects.none(), required=False, empty_label=None
    )
    day = forms.DateField(
        label=_("Delivery day"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = active_branches()  # type: ignore[attr-defined]
        for name in ("branch", "day"):
            self.fields[name].widget.attrs["class"] = "input"
