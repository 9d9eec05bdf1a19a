"""What was given back in some days: for which reasons, by whom, and to whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum

from core.clock import shop_instant
from payments.models import ProviderCall, Refund

MOST_ROWS = 50


@dataclass(frozen=True, kw_only=True)
class GivenBack:
    """`name` is a reason's code or a person's name ("": the shop by itself); `total` in ₪."""

    name: str
    count: int
    total: Decimal


def by_reason(*, first: dt.date, last: dt.date) -> list[GivenBack]:
    """Every reason that occurred, the dearest first. One query."""
    return _groups(_refunds(first, last), "reason_code")


def by_staff(*, first: dt.date, last: dt.date) -> list[GivenBack]:
    """Who gave it back, the dearest first. One query."""
    return _groups(_refunds(first, last), "actor__full_name", "actor_id")[:MOST_ROWS]


def by_customer(*, first: dt.date, last: dt.date) -> list[GivenBack]:
    """To whom, the dearest first, at most fifty. One query."""
    groups = _groups(_refunds(first, last), "payment__user__full_name", "payment__user_id")
    return groups[:MOST_ROWS]


def in_all(rows: Sequence[GivenBack]) -> Decimal:
    """What the rows come to (₪)."""
    return sum((row.total for row in rows), Decimal("0.00"))


def _refunds(first: dt.date, last: dt.date) -> QuerySet[Refund]:
    """Those that were asked for on these days at the shop's clock and not refused."""
    begin, end = (
        shop_instant(first, dt.time(0)),
        shop_instant(last + dt.timedelta(days=1), dt.time(0)),
    )
    asked = Refund.objects.filter(created_at__gte=begin, created_at__lt=end)
    return asked.exclude(call__state=ProviderCall.State.REFUSED)


def _groups(refunds: QuerySet[Refund], name: str, *keys: str) -> list[GivenBack]:
    rows = refunds.order_by().values(name, *keys).annotate(n=Count("pk"), total=Sum("amount"))
    return [
        GivenBack(name=row[name] or "", count=row["n"], total=row["total"])
        for row in rows.order_by("-total", name)
    ]
