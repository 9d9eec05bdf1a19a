"""Passover: when chametz is neither shown nor sold. By the calendar, or by the managers' hand."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from django.conf import settings

from branches.calendar.hebrew import DAY, passover_of
from branches.calendar.known import home
from branches.calendar.rests import FIRST, LAST, MIDNIGHT, Place, Rules, rests
from branches.sql import PASSOVER_MODE
from core.clock import shop_date, shop_instant

AUTO, ON = "AUTO", "ON"


def is_on(
    *,
    mode: str | None,
    begin: dt.datetime,
    end: dt.datetime | None = None,
    place: Place | None = None,
) -> bool:
    """Whether an instant, or a time [begin, end), is of Passover; `mode` as `PASSOVER_MODE` reads it.

    It ends by the sunset of `place`, else of where deliveries leave from.
    """
    said = mode or settings.PASSOVER_MODE
    if said != AUTO:
        return bool(said == ON)
    date = shop_date(begin)
    if not FIRST <= date <= LAST:
        return False
    start, over = period(date, place=place)
    return begin < over and (begin >= start if end is None else end > start)


def period(date: dt.date, *, place: Place | None = None) -> tuple[dt.datetime, dt.datetime]:
    """Of the Hebrew year that `date` is in: from 00:00 of 14 Nisan to the opening after 21 Nisan."""
    return _period(*passover_of(date), place or home())


@lru_cache(maxsize=64)
def _period(eve: dt.date, last: dt.date, place: Place) -> tuple[dt.datetime, dt.datetime]:
    noon = shop_instant(last, dt.time(12))
    found = rests(start=last, end=last + DAY, place=place, rules=Rules())
    over = next(rest.opens for rest in found if rest.closes < noon < rest.opens)
    return shop_instant(eve, MIDNIGHT), over


def on_at(now: dt.datetime) -> str:
    """SQL: whether it is Passover at `now`."""
    modes = {ON, AUTO} if is_on(mode=AUTO, begin=now) else {ON}
    listed = ", ".join(f"'{mode}'" for mode in sorted(modes))
    return f"COALESCE({PASSOVER_MODE}, '{settings.PASSOVER_MODE}') IN ({listed})"
