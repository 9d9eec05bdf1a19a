"""How pressing an order is, from the start of its window."""

from __future__ import annotations

import datetime as dt

from core.clock import shop_date, shop_instant

CRITICAL = "critical"
DUE_SOON = "dueSoon"
ON_TRACK = "onTrack"
SCHEDULED = "scheduled"
URGENCIES = (CRITICAL, DUE_SOON, ON_TRACK, SCHEDULED)

CRITICAL_WITHIN = dt.timedelta(hours=1)
SOON_WITHIN = dt.timedelta(hours=3)


def urgency(*, due_at: dt.datetime, now: dt.datetime) -> str:
    """`critical` within an hour or past, `dueSoon` within three, `onTrack` today, else `scheduled`."""
    if due_at <= now + CRITICAL_WITHIN:
        return CRITICAL
    if due_at <= now + SOON_WITHIN:
        return DUE_SOON
    if shop_date(due_at) == shop_date(now):
        return ON_TRACK
    return SCHEDULED


def bounds(name: str, *, now: dt.datetime) -> tuple[dt.datetime | None, dt.datetime | None]:
    """The due instants (after, up to and including) that an urgency covers; None is open-ended."""
    hour, three, midnight = now + CRITICAL_WITHIN, now + SOON_WITHIN, end_of_day(now)
    return {
        CRITICAL: (None, hour),
        DUE_SOON: (hour, three),
        ON_TRACK: (three, max(three, midnight)),
        SCHEDULED: (max(three, midnight), None),
    }[name]


def end_of_day(now: dt.datetime) -> dt.datetime:
    """The last microsecond of the shop's day."""
    tomorrow = shop_date(now) + dt.timedelta(days=1)
    return shop_instant(tomorrow, dt.time(0)) - dt.timedelta(microseconds=1)
