"""Who brings what where: the deliveries of a day by window, and how full the coming week is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from itertools import groupby

from branches.models import Branch
from branches.selectors import SlotChoice, available_slots
from orders.models import FulfillmentType, Order, OrderStatus

DAY = dt.timedelta(days=1)
GONE = (OrderStatus.OUT_FOR_DELIVERY, OrderStatus.DELIVERED)
WEEK = 7


@dataclass(kw_only=True)
class Run:
    """The deliveries of one window, by city and street."""

    start_time: dt.time
    end_time: dt.time
    orders: list[Order] = field(default_factory=list)

    @property
    def ready(self) -> int:
        return sum(order.status == OrderStatus.READY for order in self.orders)

    @property
    def gone(self) -> int:
        return sum(order.status in GONE for order in self.orders)


@dataclass(frozen=True, kw_only=True)
class BoardDay:
    """One day of the coming week with its windows."""

    date: dt.date
    slots: list[SlotChoice]


def runs(*, branch: Branch, date: dt.date) -> list[Run]:
    """The deliveries of a day, grouped by window. One query."""
    orders = (
        Order.objects.filter(
            branch=branch,
            fulfillment_type=FulfillmentType.DELIVERY,
            dated_slot__date=date,
        )
        .exclude(status=OrderStatus.CANCELED)
        .select_related("dated_slot__slot", "delivery", "user")
        .order_by("due_at", "delivery__city", "delivery__line1", "id")
    )
    return [
        Run(start_time=times[0], end_time=times[1], orders=list(found))
        for times, found in groupby(
            orders,
            key=lambda order: (
                order.dated_slot.slot.start_time,  # type: ignore[union-attr]
                order.dated_slot.slot.end_time,  # type: ignore[union-attr]
            ),
        )
    ]


def board(*, branch: Branch, today: dt.date, now: dt.datetime) -> list[BoardDay]:
    """Every window of the coming week with its load. Three queries."""
    choices = available_slots(branch_id=branch.pk, start=today, days=WEEK, now=now)
    by_day: dict[dt.date, list[SlotChoice]] = {today + DAY * n: [] for n in range(WEEK)}
    for choice in choices:
        by_day[choice.date].append(choice)
    return [BoardDay(date=date, slots=slots) for date, slots in by_day.items()]
