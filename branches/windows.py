"""When a delivery window begins, ends and stops taking orders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from branches.calendar.rests import Rest, orders_until, resting
from branches.models import Branch, Closure, DeliverySlot
from core.clock import day_of_week, shop_date, shop_instant

HORIZON_DAYS = 28
PICKUP_DAYS = 8
OFFER = dt.timedelta(minutes=30)
"""As long is a place that came free kept for the one it is offered to."""
DAY = dt.timedelta(days=1)


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


def closed_reason(
    slot: DeliverySlot,
    date: dt.date,
    *,
    capacity: int,
    used: int,
    closures: Iterable[Closure],
    now: dt.datetime,
    rests: Collection[Rest] = (),
) -> str:
    """Why the window on `date` takes no order at `now`; "" when it does.

    NOT_OFFERED (taken out of the plan, past, another weekday, beyond four weeks), CLOSED (a closure
    touches it), SHABBAT or HOLIDAY (a rest does), CUTOFF, or FULL: `used` places of `capacity` are
    gone. The one rule that the list, the preview, a basket's kept window and the order ask.
    """
    if not (slot.is_active and slot.branch.is_active and fits(slot, date, now)):
        return "NOT_OFFERED"
    return reason_between(
        starts_at(slot, date), ends_at(slot, date), cutoff_at(slot, date),
        is_full=used >= capacity, closures=closures, now=now, rests=rests,
    )  # fmt: skip


def reason_between(
    begin: dt.datetime,
    end: dt.datetime,
    cutoff: dt.datetime,
    *,
    is_full: bool,
    closures: Iterable[Closure],
    now: dt.datetime,
    rests: Collection[Rest] = (),
) -> str:
    """`closed_reason` of a window that is offered on its date."""
    if any(closure.starts_at < end and closure.ends_at > begin for closure in closures):
        return "CLOSED"
    if rests and (piece := resting(begin, end, rests)):
        return piece.kind
    if now >= (orders_until(begin, cutoff, rests) if rests else cutoff):
        return "CUTOFF"
    return "FULL" if is_full else ""


def ready_until(
    branch: Branch,
    *,
    closures: Iterable[Closure],
    lead: dt.timedelta,
    now: dt.datetime,
    rests: Collection[Rest] = (),
) -> dt.datetime | None:
    """Until when goods ordered at `now` can be collected at the counter; None within eight days.

    The end of the last opening of the first day that has one ending at least `lead` from now, or
    from the end of the rest that `now` is in, with closures and rests taken out of the opening
    hours. Without any hours it opens from 06:00 to 22:00.
    """
    closed = shut_times(closures, rests)
    now = next((rest.opens for rest in rests if rest.closes <= now < rest.opens), now)
    today = shop_date(now)
    for ahead in range(PICKUP_DAYS):
        ends = [end for _start, end in openings(branch, today + DAY * ahead, closed)]
        if ends and max(ends) >= now + lead:
            return max(ends)
    return None


def shut_times(
    closures: Iterable[Closure], rests: Iterable[Rest]
) -> list[tuple[dt.datetime, dt.datetime]]:
    """What `openings` cuts out: begin and end of closures and rests, by time."""
    times = [(closure.starts_at, closure.ends_at) for closure in closures]
    return sorted([*times, *((rest.closes, rest.opens) for rest in rests)])


def openings(
    branch: Branch, date: dt.date, closed: list[tuple[dt.datetime, dt.datetime]]
) -> list[tuple[dt.datetime, dt.datetime]]:
    """The opening hours of a day, cut up by what is closed of them."""
    hours = ("06:00", "22:00")
    if branch.opening_hours:
        found = branch.opening_hours.get(str(day_of_week(date)))
        if not found:
            return []
        hours = (found[0], found[1])
    begin, end = (shop_instant(date, dt.time.fromisoformat(text)) for text in hours)
    pieces = []
    for start, stop in closed:
        if start > begin:
            pieces.append((begin, min(start, end)))
        begin = max(begin, stop)
    return [(start, stop) for start, stop in [*pieces, (begin, end)] if start < stop]
