"""Open orders whose ground was pulled away: a closure, a window or branch taken out, fewer places."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from branches.calendar.reading import words_from
from branches.calendar.rests import DayWord, closed_by
from branches.models import Closure, DatedSlot
from branches.selectors import SlotChoice, available_slots
from branches.windows import ends_at, starts_at
from core.clock import shop_date
from orders.models import Order, OrderStatus

MOST_SUGGESTED = 3
LOOK_AHEAD_DAYS = 8
WAITING = (
    OrderStatus.CREATED,
    OrderStatus.IN_PROGRESS,
    OrderStatus.MISSING,
    OrderStatus.READY,
    OrderStatus.DELAYED,
)


@dataclass(frozen=True, kw_only=True)
class Affected:
    """An order, why it cannot come as agreed, and windows it could have instead.

    `cause` is CLOSURE, CALENDAR (an exception of the calendar), SLOT (taken out of the plan), BRANCH
    or CAPACITY.
    """

    order: Order
    cause: str
    suggested: list[SlotChoice]


def affected_orders(*, now: dt.datetime) -> list[Affected]:
    """Open orders of windows to come that cannot be kept, the most urgent first.

    Of a window with too few places those that came last. Five queries, and three for each branch.
    """
    orders = list(
        Order.objects.filter(status__in=WAITING, dated_slot__date__gte=shop_date(now))
        .select_related("dated_slot__slot__branch", "user")
        .order_by("due_at", "id")
    )
    causes = _causes([one for one in orders if one.dated_slot is not None], now)
    found = [order for order in orders if order.pk in causes]
    free = {branch_id: _free(branch_id, now) for branch_id in {one.branch_id for one in found}}
    return [
        Affected(
            order=order,
            cause=causes[order.pk],
            suggested=_suggested(order, free[order.branch_id]),
        )
        for order in found
    ]


def _causes(orders: Iterable[Order], now: dt.datetime) -> dict[int, str]:
    closures = list(Closure.objects.filter(ends_at__gt=now))
    words = words_from(shop_date(now))
    by_slot: dict[int, list[Order]] = defaultdict(list)
    for order in orders:
        assert order.dated_slot_id is not None  # noqa: S101  asked for by the caller
        by_slot[order.dated_slot_id].append(order)
    causes: dict[int, str] = {}
    for waiting in by_slot.values():
        dated = waiting[0].dated_slot
        assert dated is not None  # noqa: S101  as above
        cause = _cause(dated, closures, words)
        if cause:
            causes |= dict.fromkeys((order.pk for order in waiting), cause)
        elif dated.taken > dated.capacity:
            last = sorted(waiting, key=lambda order: (order.created_at, order.pk), reverse=True)
            over = dated.taken - dated.capacity
            causes |= dict.fromkeys((order.pk for order in last[:over]), "CAPACITY")
    return causes


def _cause(dated: DatedSlot, closures: list[Closure], words: Mapping[dt.date, DayWord]) -> str:
    slot = dated.slot
    if not slot.branch.is_active:
        return "BRANCH"
    if not slot.is_active:
        return "SLOT"
    begin, end = starts_at(slot, dated.date), ends_at(slot, dated.date)
    for closure in closures:
        here = closure.branch_id in (None, slot.branch_id)
        if here and closure.starts_at < end and closure.ends_at > begin:
            return "CLOSURE"
    word = words.get(dated.date)
    shut = closed_by(word) if word else []
    return "CALENDAR" if any(start < end and stop > begin for start, stop in shut) else ""


def _free(branch_id: int, now: dt.datetime) -> list[SlotChoice]:
    choices = available_slots(
        branch_id=branch_id, start=shop_date(now), days=LOOK_AHEAD_DAYS, now=now
    )
    return [choice for choice in choices if choice.is_open]


def _suggested(order: Order, free: list[SlotChoice]) -> list[SlotChoice]:
    """The open windows nearest to the one it had."""
    nearest = sorted(free, key=lambda choice: abs(choice.starts_at - order.due_at))
    return sorted(nearest[:MOST_SUGGESTED], key=lambda choice: choice.starts_at)
