"""The queue of orders: which, in what order, and how far each has come."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from core.clock import shop_instant
from core.keyset import on_page
from ops.urgency import URGENCIES, bounds, urgency
from orders.change_models import OrderQuestion
from orders.models import FulfillmentType, Order, OrderItem, OrderStatus, PickedStatus
from orders.selectors import named
from orders.status import FINAL, OPEN
from payments.choices import SECURED

WAITS_AT_MOST = dt.timedelta(hours=24)
MOST_WAITING = 20
SORTS = {
    "urgency": ("due_at", "id"),
    "created_at": ("created_at", "id"),
    "-created_at": ("-created_at", "-id"),
}


@dataclass(frozen=True, kw_only=True)
class QueueFilter:
    """What to list. `date_from` and `date_to` mean the day of the delivery window, inclusive;
    `due_at` is the start of one window."""

    statuses: tuple[str, ...] = ()
    date_from: dt.date | None = None
    date_to: dt.date | None = None
    due_at: dt.datetime | None = None
    branch_id: int | None = None
    fulfillment_type: str = ""
    picker_id: int | None = None
    urgency: str = ""
    q: str = ""
    unpaid: bool = False
    sort: str = "urgency"


@dataclass(kw_only=True)
class QueueRow:
    """An order with the state of its lines: `items` are (id, picked_status)."""

    order: Order
    urgency: str
    minutes: int
    items: list[tuple[int, str]] = field(default_factory=list)
    picked: int = 0
    missing: int = 0
    pending: int = 0
    replaced: int = 0
    """Lines that were given instead of others."""
    lost: int = 0
    """Missing, with nothing given instead."""
    answer_minutes: int | None = None
    """How long its customer still has to answer a question."""
    waited: int | None = None
    """For how many minutes its customer has been standing outside."""

    @property
    def may_be_claimed(self) -> bool:
        """Whether its money allows that somebody begins, or goes on, to pick it."""
        begun = self.order.status == OrderStatus.IN_PROGRESS
        return begun or self.order.payment.state in SECURED

    @property
    def total(self) -> int:
        return len(self.items)

    @property
    def asked(self) -> int:
        return self.total - self.replaced

    @property
    def answered(self) -> int:
        """Of the lines asked for."""
        return self.picked + self.missing - self.replaced


@dataclass(frozen=True, kw_only=True)
class QueueCounts:
    """Open orders by urgency and by status."""

    groups: list[dict[str, Any]]

    @property
    def by_urgency(self) -> dict[str, int]:
        return self.urgency_of(OPEN)

    @property
    def by_status(self) -> dict[str, int]:
        return {group["status"]: group["n"] for group in self.groups}

    def urgency_of(self, statuses: Iterable[str]) -> dict[str, int]:
        """Open orders in one of `statuses` by urgency."""
        found = [group for group in self.groups if group["status"] in statuses]
        return {name: sum(group[name] for group in found) for name in URGENCIES}


def orders_queue(*, filters: QueueFilter, now: dt.datetime) -> QuerySet[Order]:
    """Orders that match, sorted over the whole result. Raises KeyError for an unknown sort."""
    orders = _chosen(filters, now)
    if filters.unpaid:
        orders = orders.filter(payment__state="UNPAID", status__in=OPEN)
    if filters.q.strip():
        orders = orders.filter(named(filters.q))
    return orders


def _chosen(filters: QueueFilter, now: dt.datetime) -> QuerySet[Order]:
    """By everything but what is searched for."""
    orders = Order.objects.order_by(*SORTS[filters.sort])
    if filters.statuses:
        orders = orders.filter(status__in=filters.statuses)
        if not set(filters.statuses) & set(FINAL):
            orders = orders.exclude(status__in=FINAL)  # lets the index of open orders serve it
    if filters.branch_id is not None:
        orders = orders.filter(branch_id=filters.branch_id)
    if filters.fulfillment_type:
        orders = orders.filter(fulfillment_type=filters.fulfillment_type)
    if filters.picker_id is not None:
        orders = orders.filter(picker_id=filters.picker_id)
    if filters.urgency in URGENCIES:
        orders = orders.filter(_due(filters.urgency, now))
    if filters.date_from or filters.date_to:
        orders = orders.filter(on_days(filters.date_from, filters.date_to))
    if filters.due_at is not None:
        orders = orders.filter(due_at=filters.due_at)
    return orders


def waiting_outside(*, filters: QueueFilter, now: dt.datetime) -> list[Order]:
    """Ready pickups whose customer stands outside, who came first first; of the branch and words that
    are asked for. They stand before everything else. One query."""
    if filters.fulfillment_type == FulfillmentType.DELIVERY or filters.unpaid:
        return []
    orders = Order.objects.filter(
        status=OrderStatus.READY,
        pickup__arrived_at__gt=now - WAITS_AT_MOST,
        pickup__arrived_at__lte=now,
    )
    if filters.branch_id is not None:
        orders = orders.filter(branch_id=filters.branch_id)
    found = with_people(orders).order_by("pickup__arrived_at", "pk")
    return list(found[:MOST_WAITING])


def with_people(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Everything a row shows, in the same statement."""
    asked = OrderQuestion.objects.filter(order=OuterRef("pk"), status="OPEN")
    until = Subquery(asked.order_by("answer_until").values("answer_until")[:1])
    return orders.annotate(answer_until=until).select_related(
        "user", "picker", "branch", "dated_slot__slot", "delivery", "pickup", "payment"
    )


def page_with_people(page: QuerySet[Order]) -> QuerySet[Order]:
    """`with_people` for a page that is cut already, in its order: its keys are sorted alone, so that of
    the many that a word may find no more than the page is read with everything beside it.
    """
    shown = Order.objects.filter(on_page(page))
    return with_people(shown).order_by(*page.query.order_by)


def rows(*, orders: Iterable[Order], now: dt.datetime) -> list[QueueRow]:
    """The orders of one page with the state of their lines, by one statement."""
    found = list(orders)
    lines = defaultdict(list)
    instead: dict[int, list[int]] = defaultdict(list)
    items = OrderItem.objects.filter(order__in=[order.pk for order in found]).order_by("id")
    fields = ("order_id", "id", "picked_status", "substitute_for_id")
    for order_id, item_id, status, instead_of in items.values_list(*fields):
        lines[order_id].append((item_id, status))
        if instead_of is not None:
            instead[order_id].append(instead_of)
    return [_row(order, lines[order.pk], instead[order.pk], now) for order in found]


def counts(*, branch_id: int | None = None, now: dt.datetime) -> QueueCounts:
    """How many open orders there are, by urgency and by status: one statement over an index."""
    orders = Order.objects.exclude(status__in=FINAL)
    if branch_id is not None:
        orders = orders.filter(branch_id=branch_id)
    groups = (
        orders.order_by()
        .values("status")
        .annotate(
            n=Count("id"), **{name: Count("id", filter=_due(name, now)) for name in URGENCIES}
        )
    )
    return QueueCounts(groups=[dict(group) for group in groups])


def _row(
    order: Order, items: list[tuple[int, str]], replaced: list[int], now: dt.datetime
) -> QueueRow:
    statuses = [status for _, status in items]
    missing = [key for key, status in items if status == PickedStatus.MISSING]
    return QueueRow(
        order=order,
        urgency=urgency(due_at=order.due_at, now=now),
        minutes=int((order.due_at - now).total_seconds() // 60),
        items=items,
        picked=statuses.count(PickedStatus.PICKED),
        missing=len(missing),
        pending=statuses.count(PickedStatus.PENDING),
        replaced=len(replaced),
        lost=len(set(missing) - set(replaced)),
        answer_minutes=_minutes_left(order, now),
        waited=_waited(order, now),
    )


def _minutes_left(order: Order, now: dt.datetime) -> int | None:
    """Of the question that ends first, as `with_people` read it along."""
    until = getattr(order, "answer_until", None)
    return None if until is None else max(0, int((until - now).total_seconds() // 60))


def _waited(order: Order, now: dt.datetime) -> int | None:
    since = order.pickup.arrived_at if hasattr(order, "pickup") else None
    if since is None or order.status != OrderStatus.READY:
        return None
    return max(0, int((now - since).total_seconds() // 60))


def _due(name: str, now: dt.datetime) -> Q:
    after, until = bounds(name, now=now)
    condition = Q()
    if after is not None:
        condition &= Q(due_at__gt=after)
    if until is not None:
        condition &= Q(due_at__lte=until)
    return condition


def on_days(first: dt.date | None, last: dt.date | None) -> Q:
    """Orders whose window is on those days; a pickup without one counts on the day it was placed."""
    start = shop_instant(first, dt.time(0)) if first else None
    end = shop_instant(last + dt.timedelta(days=1), dt.time(0)) if last else None
    slotted, free = Q(dated_slot__isnull=False), Q(dated_slot__isnull=True)
    if start is not None:
        slotted, free = slotted & Q(due_at__gte=start), free & Q(created_at__gte=start)
    if end is not None:
        slotted, free = slotted & Q(due_at__lt=end), free & Q(created_at__lt=end)
    on_them = slotted | free
    # Nothing is due before it was placed: an index leaves out all that lies before the first day.
    return on_them if start is None else on_them & Q(due_at__gte=start)
