"""The queue of orders: which, in what order, and how far each has come."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Lower

from accounts.models import User
from mami.clock import shop_instant
from ops.urgency import URGENCIES, bounds, urgency
from orders.models import Order, OrderItem, OrderStatus

OPEN = (
    OrderStatus.CREATED,
    OrderStatus.IN_PROGRESS,
    OrderStatus.READY,
    OrderStatus.OUT_FOR_DELIVERY,
    OrderStatus.DELAYED,
    OrderStatus.MISSING,
)
ENDED = (OrderStatus.DELIVERED, OrderStatus.CANCELED)
SORTS = {
    "urgency": ("due_at", "id"),
    "created_at": ("created_at", "id"),
    "-created_at": ("-created_at", "-id"),
}
NUMBER = re.compile(r"(?:MS-?)?([0-9A-HJKMNP-TV-Z]{8})")
MOST_PEOPLE = 200


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
    """Lines that are missing and have a substitute, which is a line of its own."""

    @property
    def total(self) -> int:
        return len(self.items)

    @property
    def lost(self) -> int:
        """Missing, with nothing given instead."""
        return self.missing - self.replaced

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
    orders = Order.objects.order_by(*SORTS[filters.sort])
    if filters.statuses:
        orders = orders.filter(status__in=filters.statuses)
        if not set(filters.statuses) & set(ENDED):
            orders = orders.exclude(status__in=ENDED)  # lets the index of open orders serve it
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
    if filters.q.strip():
        orders = orders.filter(_search(filters.q.strip()))
    return orders


def with_people(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Everything a row shows, in the same statement."""
    return orders.select_related("user", "picker", "branch", "dated_slot__slot", "delivery")


def rows(*, orders: Iterable[Order], now: dt.datetime) -> list[QueueRow]:
    """The orders of one page with the state of their lines, by one statement."""
    found = list(orders)
    lines = defaultdict(list)
    replaced: dict[int, int] = defaultdict(int)
    items = OrderItem.objects.filter(order__in=[order.pk for order in found]).order_by("id")
    fields = ("order_id", "id", "picked_status", "substitute_for_id")
    for order_id, item_id, status, instead_of in items.values_list(*fields):
        lines[order_id].append((item_id, status))
        replaced[order_id] += instead_of is not None
    return [_row(order, lines[order.pk], replaced[order.pk], now) for order in found]


def counts(*, branch_id: int | None = None, now: dt.datetime) -> QueueCounts:
    """How many open orders there are, by urgency and by status: one statement over an index."""
    orders = Order.objects.exclude(status__in=ENDED)
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


def _row(order: Order, items: list[tuple[int, str]], replaced: int, now: dt.datetime) -> QueueRow:
    statuses = [status for _, status in items]
    return QueueRow(
        order=order,
        urgency=urgency(due_at=order.due_at, now=now),
        minutes=int((order.due_at - now).total_seconds() // 60),
        items=items,
        picked=statuses.count("PICKED"),
        missing=statuses.count("MISSING"),
        pending=statuses.count("PENDING"),
        replaced=replaced,
    )


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


def _search(text: str) -> Q:
    """By order number (whole or its beginning), or by the customer's e-mail, name or phone."""
    match = NUMBER.fullmatch(text.upper())
    if match:
        return Q(order_number=f"MS-{match[1]}")
    people = User.objects.annotate(lower_email=Lower("email"))
    if "@" in text:
        exact = people.filter(lower_email=text.lower())
        if exact.exists():
            return Q(user__in=exact)
    wanted = Q(lower_email__contains=text.lower()) | Q(full_name__icontains=text)
    digits = re.sub(r"\D", "", text)
    if len(digits) >= 4:
        wanted |= Q(phone__contains=digits.removeprefix("0"))
    found = people.filter(wanted).order_by("id").values("id")[:MOST_PEOPLE]
    return Q(user__in=list(found.values_list("id", flat=True))) | Q(
        order_number__startswith=text.upper()
    )
