"""What pages and calls ask about the calendar where deliveries leave from."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet

from branches.calendar.days import Day, days_of
from branches.calendar.reading import kept_around
from branches.calendar_models import CalendarDay
from branches.selectors import delivery_source


def calendar_of(*, start: dt.date, days: int) -> list[Day]:
    """The calendar where deliveries leave from: rests, when they close and open. Two queries."""
    last = min(start.toordinal() + days, dt.date.max.toordinal())
    kept, place = kept_around(
        branch_id=delivery_source().pk, start=start, end=dt.date.fromordinal(last)
    )
    return days_of(kept=kept, place=place, start=start, count=days)


def calendar_days(*, start: dt.date | None = None) -> QuerySet[CalendarDay]:
    """The managers' exceptions from a date on, by date."""
    days = CalendarDay.objects.order_by("date")
    return days if start is None else days.filter(date__gte=start)
