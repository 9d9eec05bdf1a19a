"""What people type on the staff screens."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from branches.models import Branch
from branches.selectors import active_branches
from core.bidi import left_to_right
from core.clock import shop_instant
from core.days import DayField
from core.numbers import NumberField, WholeNumberField
from core.text import SoughtField, TextField, sought
from orders.choices import DelayReason
from orders.models import FulfillmentType, OrderStatus, PickedStatus
from orders.status import OPEN

FIRST_HOUR, LAST_HOUR, WINDOW_HOURS = 6, 22, 2
TO_PACK = "TO_PACK"
ALL_OPEN = "OPEN"
EVERY = "ALL"
GROUPS: dict[str, tuple[str, ...]] = {
    TO_PACK: (OrderStatus.CREATED, OrderStatus.IN_PROGRESS),
    ALL_OPEN: OPEN,
    EVERY: tuple(OrderStatus.values),
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
        (EVERY, _("Every status")),
        *OrderStatus.choices,
    ]


def _window_choices() -> list[tuple[str, Any]]:
    starts = range(FIRST_HOUR, LAST_HOUR, WINDOW_HOURS)
    return [
        ("", _("All windows")),
        *(
            (f"{hour:02}", left_to_right(f"{hour:02}:00–{hour + WINDOW_HOURS:02}:00"))
            for hour in starts
        ),
    ]


class QueueForm(forms.Form):
    """The filters of the queue. What it cannot read it leaves out, and says so at the field."""

    q = SoughtField(label=_("Number, e-mail or phone"), max_length=120, required=False)
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
    day = DayField(label=_("Delivery day"), required=False)
    slot = forms.ChoiceField(
        label=_("Window"), choices=_window_choices, required=False, help_text=_("Of that day.")
    )
    mine = forms.BooleanField(label=_("Only mine"), required=False)
    unpaid = forms.BooleanField(label=_("Not paid"), required=False)
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
            if name != EVERY
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
        """The statuses asked for; new and in packing unless something else was chosen.

        Who looks for one order means it whatever its status.
        """
        if (self.cleaned_data.get("q") or "").strip():
            return ()
        chosen = self.cleaned_data.get("status")
        if not chosen and self.cleaned_data.get("unpaid"):
            return ()  # an open order of any status may wait for its money
        chosen = chosen or TO_PACK
        return GROUPS.get(chosen, (chosen,))


class AnswerForm(forms.Form):
    """What is said of a line: what a device calls the answer, and how the line stood for whoever gave it.

    `arguments` is what the service of this form takes, `unreadable` what to tell when there are none.
    """

    unreadable: Any = _("That is not a number.")

    client_id = forms.UUIDField(required=False)
    seen_version = WholeNumberField(required=False, min_value=1, max_value=2**31 - 1)

    def arguments(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class PickForm(AnswerForm):
    """A picker's answer for one line; without `picked_status` only the number found changed."""

    picked_status = forms.ChoiceField(choices=PickedStatus.choices, required=False)
    picked_quantity = NumberField(max_digits=9, decimal_places=3, required=False)
    found = NumberField(max_digits=9, decimal_places=3, required=False)
    reason = forms.ChoiceField(choices=REASONS.items(), required=False)
    seen_status = forms.ChoiceField(choices=PickedStatus.choices, required=False)

    def arguments(self) -> dict[str, Any]:
        data = super().arguments()
        del data["found"]
        return {"quantity": data.pop("picked_quantity"), **data}


def is_code(text: str) -> bool:
    """Whether what stands in a weight's field is a barcode: no weight has so many digits."""
    return re.fullmatch(r"[0-9]{8,14}", "".join(sought(text).split())) is not None


class ScanForm(AnswerForm):
    """The barcode of a line's pack, and how much of it was found."""

    unreadable = _("Scan or type a barcode.")

    barcode = SoughtField(max_length=40)
    picked_quantity = NumberField(max_digits=9, decimal_places=3, required=False)

    def arguments(self) -> dict[str, Any]:
        data = super().arguments()
        return {"quantity": data.pop("picked_quantity"), **data}


class SwapForm(AnswerForm):
    """What is given instead of a line: chosen or scanned, and how much of it."""

    product = WholeNumberField(min_value=1, max_value=2**62, required=False)
    barcode = SoughtField(max_length=40, required=False)
    quantity = NumberField(max_digits=9, decimal_places=3, required=False)
    agreed = forms.BooleanField(required=False)
    seen_status = forms.ChoiceField(choices=PickedStatus.choices, required=False)

    def arguments(self) -> dict[str, Any]:
        data = super().arguments()
        return {"product_id": data.pop("product"), **data}


class ClaimForm(forms.Form):
    """`from`: whom the person who pressed saw on the order; `next`: where to go then."""

    next = forms.ChoiceField(choices=[("pick", ""), ("queue", "")], required=False)

    def seen_picker(self) -> int | None:
        """Whom the page showed as picker when the button was pressed."""
        text = self.data.get("from", "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None


class FinishForm(forms.Form):
    bags = WholeNumberField(label=_("Bags"), min_value=1, max_value=99, required=False)


class HandOverForm(forms.Form):
    code = SoughtField(label=_("Pickup code"), max_length=20)


LINE_KEY = re.compile(r"[0-9]{1,18}", re.ASCII)


class DeliverForm(forms.Form):
    note = TextField(label=_("Where it was left, or with whom"), max_length=200, required=False)
    photo = forms.FileField(label=_("Photo"), required=False)

    def clean(self) -> None:
        """`returned_<line id>`: how much of a line the customer handed back; empty: nothing."""
        reader = NumberField(required=False, min_value=0, decimal_places=3)
        self.returned: dict[int, Decimal] = {}
        for name, text in self.data.items():
            key = name.removeprefix("returned_")
            if key == name:
                continue
            if LINE_KEY.fullmatch(key) is None:
                self.add_error(None, _("There is no such line."))
                continue
            try:
                quantity = reader.clean(text)
            except forms.ValidationError as error:
                self.add_error(None, error)
            else:
                if quantity:
                    self.returned[int(key)] = quantity


class StatusForm(forms.Form):
    """The next step; being late and being cancelled need a reason. `restock` names the lines that
    return to the shelf when an order that had left is cancelled."""

    status = forms.ChoiceField(choices=OrderStatus.choices)
    reason = TextField(label=_("Reason"), max_length=200, required=False)
    reason_code = forms.ChoiceField(choices=DelayReason.choices, required=False)

    def clean(self) -> None:
        data = self.cleaned_data
        keys = self.data.getlist("restock") if isinstance(self.data, QueryDict) else []
        if any(LINE_KEY.fullmatch(key) is None for key in keys):
            self.add_error(None, _("There is no such line."))
        self.restock = [int(key) for key in keys if LINE_KEY.fullmatch(key)]
        told = data.get("reason") or data.get("reason_code") not in (None, "", DelayReason.OTHER)
        if data.get("status") in ASK_WHY and not told:
            self.add_error("reason", _("Please say why."))


class PlaceForm(forms.Form):
    """Which branch and which day; the delivery source and today where nothing is chosen."""

    branch = forms.ModelChoiceField(
        label=_("Branch"), queryset=Branch.objects.none(), required=False, empty_label=None
    )
    day = DayField(label=_("Delivery day"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = active_branches()  # type: ignore[attr-defined]
        for name in ("branch", "day"):
            self.fields[name].widget.attrs["class"] = "input"
