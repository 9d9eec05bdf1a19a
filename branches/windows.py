"""When a delivery window begins, ends and stops taking orders."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from branches.models import Branch, DeliverySlot
from mami.clock import day_of_week, shop_date, shop_instant

HORIZON_DAYS = 28
LATEST = dt.time(22, 0)
DAY_NAMES = (
    _("Sunday"),
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
)


def starts_at(slot: DeliverySlot, date: dt.date) -> dt.datetime:
    """The instant the window opens on `date`."""
    return shop_instant(date, slot.start_time)


def ends_at(slot: DeliverySlot, date: dt.date) -> dt.datetime:
    return shop_instant(date, slot.end_time)


def cutoff_at(slot: DeliverySlot, date: dt.date) -> dt.datetime:
    """The last instant at which an order for the window on `date` is taken."""
    return starts_at(slot, date) - dt.timedelta(minutes=slot.cutoff_minutes)


def fits(slot: DeliverySlot, date: dt.date, now: dt.datetime) -> bool:
    """Whether the window exists on `date`: its weekday, not past, within the horizon."""
    today = shop_date(now)
    return (
        day_of_week(date) == slot.day_of_week
        and today <= date <= today + dt.timedelta(days=HORIZON_DAYS)
        and starts_at(slot, date) > now
    )


def next_closing(branch: Branch, now: dt.datetime) -> dt.datetime:
    """When the branch next closes after `now`: today's closing, or that of its next open day.

    A branch without any opening hours is taken to close at 22:00 every day.
    """
    today = shop_date(now)
    for ahead in range(8):
        date = today + dt.timedelta(days=ahead)
        closing = _closing(branch, date)
        if closing is not None and closing > now:
            return closing
    return shop_instant(today + dt.timedelta(days=1), LATEST)


def _closing(branch: Branch, date: dt.date) -> dt.datetime | None:
    if not branch.opening_hours:
        return shop_instant(date, LATEST)
    hours = branch.opening_hours.get(str(day_of_week(date)))
    return shop_instant(date, dt.time.fromisoformat(hours[1])) if hours else None
