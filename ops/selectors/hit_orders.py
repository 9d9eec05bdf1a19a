"""Which booked orders a change of the plan would hit: asked before it is made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db.models import QuerySet

from branches.calendar.rests import DayWord, closed_by
from branches.models import DatedSlot
from branches.windows import ends_at, starts_at
from core.clock import shop_date
from ops.selectors.affected import WAITING
from orders.models import Order


def by_closure(
    *, branch_id: int | None, starts_at: dt.datetime, ends_at: dt.datetime, now: dt.datetime
) -> list[Order]:
    """Open orders whose window overlaps [starts_at, ends_at) at the branch, or anywhere. One query."""
    orders = _open(now)
    if branch_id is not None:
        orders = orders.filter(dated_slot__slot__branch_id=branch_id)
    days = (shop_date(starts_at), shop_date(ends_at))
    return [
        order
        for order in orders.filter(dated_slot__date__range=days)
        if _overlaps(order, starts_at, ends_at)
    ]


def by_calendar_day(*, word: DayWord, now: dt.datetime) -> list[Order]:
    """Open orders whose window an exception of the calendar closes. One query."""
    shut = closed_by(word)
    return [
        order
        for order in _open(now).filter(dated_slot__date=word.date)
        if any(_overlaps(order, begin, end) for begin, end in shut)
    ]


def of_slots(*, slot_ids: Collection[int], now: dt.datetime) -> list[Order]:
    """Open orders of windows that are taken out. One query."""
    return list(_open(now).filter(dated_slot__slot_id__in=slot_ids))


def of_branch(*, branch_id: int, now: dt.datetime) -> list[Order]:
    """Open orders of a branch that closes. One query."""
    return list(_open(now).filter(dated_slot__slot__branch_id=branch_id))


def by_capacity(*, slot_id: int, capacity: int, now: dt.datetime) -> list[Order]:
    """Those that came last to a date of the window with more orders than places. Two queries."""
    dates = DatedSlot.objects.filter(
        slot_id=slot_id,
        date__gte=shop_date(now),
        capacity_override__isnull=True,
        taken__gt=capacity,
    )
    return _last_of(list(dates), capacity, now)


def by_capacity_of_date(*, dated_slot_id: int, capacity: int, now: dt.datetime) -> list[Order]:
    """The same for one date. Two queries."""
    dates = DatedSlot.objects.filter(pk=dated_slot_id, date__gte=shop_date(now), taken__gt=capacity)
    return _last_of(list(dates), capacity, now)


def _last_of(dates: list[DatedSlot], capacity: int, now: dt.datetime) -> list[Order]:
    if not dates:
        return []
    orders = list(_open(now).filter(dated_slot__in=[date.pk for date in dates]))
    found = []
    for date in dates:
        mine = [order for order in orders if order.dated_slot_id == date.pk]
        last = sorted(mine, key=lambda order: (order.created_at, order.pk), reverse=True)
        found += last[: date.taken - capacity]
    return found


def _open(now: dt.datetime) -> QuerySet[Order]:
    orders = Order.objects.filter(status__in=WAITING, dated_slot__date__gte=shop_date(now))
    return orders.select_related("dated_slot__slot__branch").order_by("due_at", "id")


def _overlaps(order: Order, start: dt.datetime, end: dt.datetime) -> bool:
    dated = order.dated_slot
    if dated is None:
        return False
    return start < ends_at(dated.slot, dated.date) and end > starts_at(dated.slot, dated.date)
