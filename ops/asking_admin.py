"""Forms of the office that show which booked orders a change would hit, and ask first.

They stand here because windows, closures and branches know of no orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from branches.admin import (
    CalendarDayAdmin,
    ClosureAdmin,
    DatedSlotAdmin,
    DeliverySlotAdmin,
    SlotAdminForm,
)
from branches.calendar.rests import DayWord
from branches.calendar_models import CalendarDay
from branches.models import Closure, DatedSlot, DeliverySlot
from core.clock import now
from core.service_admin import RefusableForm
from ops.selectors import hit_orders
from orders.models import Order

SURE = "sure"
MOST_NAMED = 10


class AskingForm(RefusableForm):
    """Refuses once, naming the orders that are hit, until `sure` is ticked."""

    sure = forms.BooleanField(
        label=gettext_lazy("Do it all the same"),
        required=False,
        help_text=gettext_lazy(
            "Needed only where orders are booked; they then wait under “Orders that need another time”."
        ),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors and not data.get(SURE) and (hit := self.hit_orders(data)):
            self.add_error(SURE, told(hit))
        return data

    def hit_orders(self, data: dict[str, Any]) -> Sequence[Order]:
        """Open orders that could not come as agreed afterwards."""
        raise NotImplementedError

    def changes(self) -> dict[str, Any]:
        return {name: value for name, value in super().changes().items() if name != SURE}


def told(hit: Sequence[Order]) -> str:
    """How many orders are hit, and the first of them by number."""
    numbers = ", ".join(order.order_number for order in hit[:MOST_NAMED])
    text = ngettext(
        "%(n)d order is booked and cannot come as agreed: %(numbers)s. Tick this to go on.",
        "%(n)d orders are booked and cannot come as agreed: %(numbers)s. Tick this to go on.",
        len(hit),
    )
    return text % {"n": len(hit), "numbers": numbers}


class AskingClosureForm(AskingForm):
    def hit_orders(self, data: dict[str, Any]) -> Sequence[Order]:
        branch, start, end = data.get("branch"), data.get("starts_at"), data.get("ends_at")
        if start is None or end is None:
            return []
        return hit_orders.by_closure(
            branch_id=branch.pk if branch else None, starts_at=start, ends_at=end, now=now()
        )


class AskingCalendarDayForm(AskingForm):
    def hit_orders(self, data: dict[str, Any]) -> Sequence[Order]:
        day: Any = self.instance
        date = data.get("date") or day.date
        if date is None:
            return []
        word = DayWord(
            date=date,
            closes_at=data.get("closes_at"),
            opens_at=data.get("opens_at"),
            is_open=bool(data.get("is_open")),
        )
        return hit_orders.by_calendar_day(word=word, now=now())


class AskingSlotAdminForm(AskingForm, SlotAdminForm):
    def hit_orders(self, data: dict[str, Any]) -> Sequence[Order]:
        slot: Any = self.instance
        if slot.pk is None:
            return []
        if "is_active" in self.changed_data and data.get("is_active") is False:
            return hit_orders.of_slots(slot_ids=[slot.pk], now=now())
        if "capacity" in self.changed_data and data.get("capacity") is not None:
            return hit_orders.by_capacity(slot_id=slot.pk, capacity=data["capacity"], now=now())
        return []


class AskingDateForm(AskingForm):
    def hit_orders(self, data: dict[str, Any]) -> Sequence[Order]:
        dated: Any = self.instance
        if dated.pk is None or data.get("capacity_override") is None:
            return []
        return hit_orders.by_capacity_of_date(
            dated_slot_id=dated.pk, capacity=data["capacity_override"], now=now()
        )


def register() -> None:
    """Put the asking forms in the place of the plain ones."""
    asking = (
        (Closure, ClosureAdmin, AskingClosureForm),
        (CalendarDay, CalendarDayAdmin, AskingCalendarDayForm),
        (DeliverySlot, DeliverySlotAdmin, AskingSlotAdminForm),
        (DatedSlot, DatedSlotAdmin, AskingDateForm),
    )
    for model, plain, form in asking:
        admin.site.unregister(model)
        fields = (*plain.fields, SURE)
        made = type(plain.__name__, (_WithoutSure, plain), {"form": form, "fields": fields})
        admin.site.register(model, made)


class _WithoutSure:
    """What was ticked is for the form only."""

    def create(self, request: HttpRequest, form: Any) -> Any:
        form.cleaned_data.pop(SURE, None)
        return super().create(request, form)  # type: ignore[misc]

    def switch(self, request: HttpRequest, obj: Any, *, active: bool) -> None:
        """From the list there is nobody to ask: orders that are hit are named afterwards."""
        hit = [] if active else hit_orders.of_slots(slot_ids=[obj.pk], now=now())
        super().switch(request, obj, active=active)  # type: ignore[misc]
        if hit:
            messages.warning(
                request,
                _("These orders need another time now: %(numbers)s")
                % {"numbers": ", ".join(order.order_number for order in hit[:MOST_NAMED])},
            )
