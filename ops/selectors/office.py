"""What managers want to know in the morning: today's load, what may go wrong, what went wrong."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Q, Sum
from django.db.models.functions import TruncDate

from branches.models import DatedSlot
from core.clock import SHOP_TZ, shop_date, shop_instant
from ops.selectors.queue import on_days
from orders.models import Order, OrderItem, PickedStatus

DAY = dt.timedelta(days=1)
WEEK = 7
FORTNIGHT = 14
MOST_MISSING = 8
NOT_PENDING = (PickedStatus.PICKED, PickedStatus.MISSING)


@dataclass(frozen=True, kw_only=True)
class SlotLoad:
    """A delivery window of today: places taken of those there are."""

    start_time: dt.time
    end_time: dt.time
    branch_id: int
    branch_name: str
    taken: int
    capacity: int


@dataclass(frozen=True, kw_only=True)
class MissingProduct:
    """How many lines of a product were missing in the last seven days."""

    product_id: int
    name_he: str
    name_en: str
    lines: int


def orders_of_today(*, now: dt.datetime) -> dict[str, int]:
    """Orders of today by status, by the rule of the queue's filter. One query."""
    today = shop_date(now)
    groups = (
        Order.objects.filter(on_days(today, today))
        .order_by()
        .values_list("status")
        .annotate(n=Count("id"))
    )
    return dict(groups)


def load_of_today(*, now: dt.datetime) -> list[SlotLoad]:
    """Today's windows that have orders, by time. One query."""
    rows = (
        DatedSlot.objects.filter(date=shop_date(now), taken__gt=0)
        .select_related("slot__branch")
        .order_by("slot__start_time", "slot__branch_id")
    )
    return [
        SlotLoad(
            start_time=row.slot.start_time,
            end_time=row.slot.end_time,
            branch_id=row.slot.branch_id,
            branch_name=row.slot.branch.name,
            taken=row.taken,
            capacity=row.capacity,
        )
        for row in rows
    ]


def missing_of_week(*, now: dt.datetime) -> tuple[int, int]:
    """Lines missing, and lines answered, of the orders of the last seven days. One query."""
    found = _lines_of_week(now).aggregate(
        missing=Count("id", filter=Q(picked_status=PickedStatus.MISSING)),
        answered=Count("id", filter=Q(picked_status__in=NOT_PENDING)),
    )
    return found["missing"], found["answered"]


def most_missing(*, now: dt.datetime) -> list[MissingProduct]:
    """The products most often missing in the last seven days. One query."""
    groups = (
        _lines_of_week(now)
        .filter(picked_status=PickedStatus.MISSING)
        .order_by()
        .values("product_id")
        .annotate(lines=Count("id"), he=Max("name_he"), en=Max("name_en"))
        .order_by("-lines", "product_id")[:MOST_MISSING]
    )
    return [
        MissingProduct(
            product_id=group["product_id"],
            name_he=group["he"],
            name_en=group["en"],
            lines=group["lines"],
        )
        for group in groups
    ]


def revenue_by_day(*, now: dt.datetime) -> list[tuple[dt.date, Decimal]]:
    """What was charged less what was given back (₪), by day due, for two weeks. One query."""
    today = shop_date(now)
    first = today - DAY * (FORTNIGHT - 1)
    groups: dict[Any, Any] = dict(
        Order.objects.filter(due_at__gte=_day(first)[0], due_at__lt=_day(today)[1])
        .order_by()
        .annotate(day=TruncDate("due_at", tzinfo=SHOP_TZ))
        .values_list("day")
        .annotate(total=Sum(F("payment__captured") - F("payment__refunded")))
    )
    days = [first + DAY * ahead for ahead in range(FORTNIGHT)]
    return [(day, groups.get(day) or Decimal(0)) for day in days]


def week(*, now: dt.datetime) -> tuple[dt.date, dt.date]:
    """The first and the last of the last seven days."""
    today = shop_date(now)
    return today - DAY * (WEEK - 1), today


def _lines_of_week(now: dt.datetime) -> Any:
    first, last = week(now=now)
    start, end = _day(first)[0], _day(last)[1]
    return OrderItem.objects.filter(
        order__due_at__gte=start, order__due_at__lt=end, substitute_for__isnull=True
    )


def _day(date: dt.date) -> tuple[dt.datetime, dt.datetime]:
    return shop_instant(date, dt.time(0)), shop_instant(date + DAY, dt.time(0))
