"""What pages and calls ask about the calendar where deliveries leave from."""

from __future__ import annotations

import datetime as dt

from django.db.models import QuerySet

from branches import selectors
from branches.calendar.days import Day, days_of
from branches.calendar.reading import DAY, kept_around, shut
from branches.calendar_models import CalendarDay
from branches.windows import openings, shut_times
from core.clock import shop_instant


def calendar_of(*, start: dt.date, days: int) -> list[Day]:
    """The calendar where deliveries leave from: rests, when they close and open. Two queries."""
    last = min(start.toordinal() + days, dt.date.max.toordinal())
    kept, place = kept_around(
        branch_id=selectors.delivery_source().pk, start=start, end=dt.date.fromordinal(last)
    )
    return days_of(kept=kept, place=place, start=start, count=days)


def calendar_days(*, start: dt.date | None = None) -> QuerySet[CalendarDay]:
    """The managers' exceptions from a date on, by date."""
    days = CalendarDay.objects.order_by("date")
    return days if start is None else days.filter(date__gte=start)


def open_dates(*, branch_id: int, start: dt.date, days: int) -> list[dt.date]:
    """On which of so many days the branch opens at all, closures and rests taken out. Two queries.

    Raises NotFound.
    """
    here = selectors.branch(branch_id=branch_id)
    begin, end = (shop_instant(start + DAY * far, dt.time(0)) for far in (0, days))
    found = shut(branch_id=branch_id, start=begin, end=end)
    closed = shut_times(found.closures, found.rests)
    dates = [start + DAY * ahead for ahead in range(days)]
    return [date for date in dates if openings(here, date, closed)]
