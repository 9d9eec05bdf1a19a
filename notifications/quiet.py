"""The hours in which somebody wants to be left alone."""

from __future__ import annotations

import datetime as dt

from branches.calendar.known import home
from branches.calendar.rests import Rules, rests
from core.clock import SHOP_TZ, shop_date

DEFAULT = (dt.time(22), dt.time(7))
Hours = tuple[dt.time, dt.time]


def quiet_until(
    *, now: dt.datetime, hours: Hours | None, on_shabbat: bool = False
) -> dt.datetime | None:
    """When the quiet that `now` is in ends; None outside of it. With `on_shabbat` also from entry to
    exit of Shabbat and holidays, by the sunset where deliveries leave from: a night that follows a rest is quiet too.
    """
    until, at = None, now
    while True:
        ends = _rest_until(at) if on_shabbat else None
        later = ends or _hours_until(now=at, hours=hours)
        if later is None or later <= at:
            return until or later
        until = at = later


def _rest_until(now: dt.datetime) -> dt.datetime | None:
    today = shop_date(now)
    found = rests(start=today, end=today, place=home(), rules=Rules())
    return next((rest.opens for rest in found if rest.closes <= now < rest.opens), None)


def _hours_until(*, now: dt.datetime, hours: Hours | None) -> dt.datetime | None:
    """When the quiet hours that `now` is in end, on the shop's clock; None outside of them.

    Over midnight where it ends before it begins. An end that a change of clocks skips counts by the
    clock of before it; of one that comes twice the first counts.
    """
    if hours is None:
        return None
    begins, ends = hours
    local = now.astimezone(SHOP_TZ)
    at = local.time().replace(tzinfo=None)
    over_midnight = ends <= begins
    inside = (at >= begins or at < ends) if over_midnight else begins <= at < ends
    if not inside:
        return None
    day = local.date() + dt.timedelta(days=1 if over_midnight and at >= begins else 0)
    end = dt.datetime.combine(day, ends, tzinfo=SHOP_TZ).astimezone(dt.UTC)
    return end if end > now else now
