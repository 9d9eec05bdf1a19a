"""The shop's clock: instants in UTC, days and slot times in Asia/Jerusalem."""

from __future__ import annotations

import datetime as dt
import os
from functools import cache
from zoneinfo import ZoneInfo

from django.utils import timezone

SHOP_TZ = ZoneInfo("Asia/Jerusalem")


def now() -> dt.datetime:
    """The present instant, aware, UTC."""
    return timezone.now() - behind()


@cache
def behind() -> dt.timedelta:
    """How long ago it is: nothing, but in a copy under proof, whose books are asked about its own time."""
    return dt.timedelta(seconds=float(os.environ.get("MAMI_COPY_LAG") or 0))


def shop_date(instant: dt.datetime) -> dt.date:
    """The calendar date at the shop at `instant`."""
    return instant.astimezone(SHOP_TZ).date()


def shop_instant(date: dt.date, time: dt.time) -> dt.datetime:
    """The instant of a wall-clock `time` at the shop on `date`.

    In the hour that the clock skips in spring the later reading is taken (fold 0 of the gap).
    """
    return dt.datetime.combine(date, time, tzinfo=SHOP_TZ).astimezone(dt.UTC)


def day_of_week(date: dt.date) -> int:
    """0 = Sunday … 6 = Saturday, as the shop counts."""
    return (date.weekday() + 1) % 7
