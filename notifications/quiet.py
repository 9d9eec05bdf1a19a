"""The hours in which somebody wants to be left alone. Pure."""

from __future__ import annotations

import datetime as dt

from core.clock import SHOP_TZ

DEFAULT = (dt.time(22), dt.time(7))
Hours = tuple[dt.time, dt.time]


def quiet_until(*, now: dt.datetime, hours: Hours | None) -> dt.datetime | None:
    """When the quiet that `now` is in ends, on the shop's clock; None outside of it.

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
