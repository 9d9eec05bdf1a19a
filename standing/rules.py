"""On which days a standing order comes, and when its dates are put together and ordered."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from typing import Protocol

from branches.calendar.known import last_orders
from branches.models import DeliverySlot
from branches.windows import cutoff_at
from core.clock import day_of_week, shop_instant

DAY = dt.timedelta(days=1)
DRAFT_HOUR, PLACE_HOUR, PICKUP_HOUR = dt.time(8), dt.time(20), dt.time(6)
BEFORE_CUTOFF = dt.timedelta(minutes=60)
FURTHEST = 370


class Rule(Protocol):
    """What says when."""

    @property
    def cadence(self) -> str: ...
    @property
    def weekdays(self) -> Sequence[int]: ...
    @property
    def starts_on(self) -> dt.date: ...
    @property
    def ends_on(self) -> dt.date | None: ...


def dates_of(rule: Rule, *, after: dt.date) -> Iterator[dt.date]:
    """The days of the rule from its start on that lie after `after`, within a year of it."""
    last = after + DAY * FURTHEST
    if rule.ends_on is not None:
        last = min(last, rule.ends_on)
    for date in _all_dates(rule):
        if date > last:
            return
        if date > after:
            yield date


def _all_dates(rule: Rule) -> Iterator[dt.date]:
    days = (rule.starts_on + DAY * ahead for ahead in itertools.count())
    matching = (date for date in days if day_of_week(date) in rule.weekdays)
    if rule.cadence == "WEEKDAYS":
        yield from matching
        return
    first = next(matching)
    if rule.cadence == "MONTHLY":
        yield from _monthly(first)
        return
    step = DAY * (14 if rule.cadence == "BIWEEKLY" else 7)
    yield from (first + step * times for times in itertools.count())


def _monthly(first: dt.date) -> Iterator[dt.date]:
    """The same ordinal weekday of each month; a fifth counts as the last."""
    ordinal = (first.day - 1) // 7
    for month in itertools.count(first.year * 12 + first.month - 1):
        begin = dt.date(month // 12, month % 12 + 1, 1)
        offset = (first.weekday() - begin.weekday()) % 7
        days = [begin + DAY * (offset + 7 * week) for week in range(5)]
        fitting = [date for date in days if date.month == begin.month]
        yield fitting[min(ordinal, len(fitting) - 1)] if ordinal < 4 else fitting[-1]


def draft_at(window_date: dt.date, lead_days: int) -> dt.datetime:
    return shop_instant(window_date - DAY * lead_days, DRAFT_HOUR)


def place_at(
    slot: DeliverySlot | None, window_date: dt.date, *, until: dt.datetime | None = None
) -> dt.datetime:
    """Until when it can be edited, and when it is ordered: 20:00 of the day before, and an hour
    before the window's cut-off at the latest, or before `until`, when a rest ends its orders earlier.
    A pickup without a window: on its morning."""
    if slot is None:
        return shop_instant(window_date, PICKUP_HOUR)
    evening = shop_instant(window_date - DAY, PLACE_HOUR)
    return min(evening, (until or cutoff_at(slot, window_date)) - BEFORE_CUTOFF)


def orders_until(slot: DeliverySlot | None, window_date: dt.date) -> dt.datetime:
    """The last moment at which it can be ordered by hand: that of its window, before a rest the rest."""
    if slot is None:
        return shop_instant(window_date + DAY, dt.time(0))
    return last_orders(slot=slot, date=window_date)
