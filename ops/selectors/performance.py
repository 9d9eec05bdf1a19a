"""How the shop did over some days: on time, missing goods, speed of picking."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, DurationField, F, Q, QuerySet, Sum, When
from django.db.models.expressions import ExpressionWrapper
from django.db.models.functions import TruncQuarter

from core.clock import SHOP_TZ, shop_date, shop_instant
from orders.models import FulfillmentType, Order, OrderItem, OrderStatus, PickedStatus
from orders.refund_models import OrderCharge

USUAL_DAYS = 7
WINDOW = dt.timedelta(hours=2)
HOUR = 3600


@dataclass(frozen=True, kw_only=True)
class Picker:
    """One person's picking. `picks_per_hour` counts answered lines; None without a finished order."""

    id: int
    name: str
    orders: int
    lines: int
    picks_per_hour: float | None


@dataclass(frozen=True, kw_only=True)
class Bags:
    """Carrier bags that were charged in a quarter ("2026-Q4"), and what they cost (₪)."""

    quarter: str
    bags: int
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Performance:
    """Rates are shares from 0 to 1, None where there is nothing to judge yet."""

    first: dt.date
    last: dt.date
    orders_by_status: dict[str, int]
    on_time_rate: float | None
    missing_rate: float | None
    picks_per_hour: float | None
    pickers: list[Picker]
    bags: list[Bags]


def performance(
    *, first: dt.date | None = None, last: dt.date | None = None, now: dt.datetime
) -> Performance:
    """The orders due on the days from `first` to `last` (default: the last seven). Six queries.

    A delivery is on time when it arrives before its window ends, a pickup when it is ready by then.
    """
    last = last or (shop_date(now) if first is None else max(first, shop_date(now)))
    first = first or last - dt.timedelta(days=USUAL_DAYS - 1)
    orders = Order.objects.filter(
        due_at__gte=shop_instant(first, dt.time(0)),
        due_at__lt=shop_instant(last + dt.timedelta(days=1), dt.time(0)),
    ).order_by()
    pickers = _pickers(orders)
    return Performance(
        first=first,
        last=last,
        orders_by_status=_by_status(orders),
        on_time_rate=_on_time(orders),
        missing_rate=_missing(orders),
        picks_per_hour=_in_all(pickers),
        pickers=[picker for picker, _seconds in pickers],
        bags=_bags(orders),
    )


def _bags(orders: QuerySet[Order]) -> list[Bags]:
    """Charged bags by the quarter of the charge, as the law wants them reported."""
    quarter = TruncQuarter("order__captured_at", tzinfo=SHOP_TZ)
    rows = (
        OrderCharge.objects.filter(order__in=orders, kind=OrderCharge.Kind.BAG, charged__gt=0)
        .order_by()
        .annotate(quarter=quarter)
        .values("quarter")
        .annotate(number=Sum("charged_quantity"), cost=Sum("charged"))
        .order_by("quarter")
    )
    return [
        Bags(
            quarter=f"{row['quarter'].year}-Q{(row['quarter'].month + 2) // 3}",
            bags=int(row["number"]),
            amount=row["cost"],
        )
        for row in rows
    ]


def _by_status(orders: QuerySet[Order]) -> dict[str, int]:
    found = dict(orders.values_list("status").annotate(n=Count("pk")))
    return {status: found.get(status, 0) for status in OrderStatus.values}


def _on_time(orders: QuerySet[Order]) -> float | None:
    end = Case(
        When(dated_slot__isnull=False, then=F("due_at") + WINDOW),
        default=F("due_at"),
    )
    there = Case(
        When(fulfillment_type=FulfillmentType.PICKUP, then=F("picked_at")),
        default=F("delivered_at"),
    )
    judged = orders.filter(status=OrderStatus.DELIVERED).annotate(end=end, there=there)
    found = judged.aggregate(
        all=Count("pk", filter=Q(there__isnull=False)),
        good=Count("pk", filter=Q(there__lte=F("end"))),
    )
    return _share(found["good"], found["all"])


def _missing(orders: QuerySet[Order]) -> float | None:
    lines = OrderItem.objects.filter(order__in=orders, substitute_for__isnull=True)
    found = lines.aggregate(
        answered=Count("pk", filter=~Q(picked_status=PickedStatus.PENDING)),
        missing=Count("pk", filter=Q(picked_status=PickedStatus.MISSING)),
    )
    return _share(found["missing"], found["answered"])


def _pickers(orders: QuerySet[Order]) -> list[tuple[Picker, float]]:
    """Everybody who finished an order, the busiest first, with their seconds of picking."""
    took = ExpressionWrapper(F("picked_at") - F("claimed_at"), output_field=DurationField())
    finished = orders.filter(
        picker__isnull=False, claimed_at__isnull=False, picked_at__isnull=False
    )
    people = (
        finished.values("picker_id", "picker__full_name")
        .annotate(orders=Count("pk"), took=Sum(took))
        .order_by("-orders", "picker_id")
    )
    lines = dict(
        OrderItem.objects.filter(order__in=finished)
        .exclude(picked_status=PickedStatus.PENDING)
        .values_list("order__picker_id")
        .annotate(n=Count("pk"))
    )
    return [_picker(dict(row), lines.get(row["picker_id"], 0)) for row in people]


def _picker(row: dict[str, Any], lines: int) -> tuple[Picker, float]:
    seconds = row["took"].total_seconds()
    return (
        Picker(
            id=row["picker_id"],
            name=row["picker__full_name"],
            orders=row["orders"],
            lines=lines,
            picks_per_hour=round(lines * HOUR / seconds, 1) if seconds > 0 else None,
        ),
        seconds,
    )


def _in_all(pickers: list[tuple[Picker, float]]) -> float | None:
    seconds = sum(spent for _picker, spent in pickers)
    lines = sum(picker.lines for picker, _seconds in pickers)
    return round(lines * HOUR / seconds, 1) if seconds > 0 else None


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None
