"""Standing orders as managers look at them: each with the date that comes next, failures first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from accounts.selectors import people_meant
from core.money import ZERO
from standing.models import Occurrence, StandingOrder
from standing.selectors import occurrence_view, with_next
from standing.status import FAILED


@dataclass(frozen=True, kw_only=True)
class Told:
    """A standing order, the date that comes next (or failed last), and what that costs."""

    row: StandingOrder
    occurrence: Occurrence | None
    total: Decimal = ZERO


def all_standing(
    *,
    status: str | None = None,
    state: str | None = None,
    reason: str | None = None,
    date_from: dt.date | None = None,
    date_to: dt.date | None = None,
    q: str = "",
    **_: Any,
) -> QuerySet[StandingOrder]:
    """Those asked for; `state`, `reason` and the days are of any of its dates."""
    rows = StandingOrder.objects.select_related("user")
    if status:
        rows = rows.filter(status=status)
    dates: dict[str, Any] = {
        "state": state,
        "reason": reason,
        "date__gte": date_from,
        "date__lte": date_to,
    }
    asked = {name: value for name, value in dates.items() if value}
    if asked:
        rows = rows.filter(Exists(Occurrence.objects.filter(standing=OuterRef("pk"), **asked)))
    if q:
        rows = rows.filter(Q(user__in=people_meant(text=q)) | Q(name__icontains=q))
    return with_next(rows)


def failures_first(rows: QuerySet[StandingOrder]) -> QuerySet[StandingOrder]:
    """Those the shop paused, then those with a date that failed, then the rest."""
    failed = Occurrence.objects.filter(standing=OuterRef("pk"), state__in=FAILED)
    rank = Case(
        When(~Q(status_reason=""), then=Value(0)),
        When(Exists(failed), then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return rows.annotate(rank=rank).order_by("rank", "-pk")


def told(rows: Sequence[StandingOrder], *, now: dt.datetime) -> list[Told]:
    """A page of them."""
    keys = [row.next_id for row in rows]  # type: ignore[attr-defined]
    dates = Occurrence.objects.select_related("slot").in_bulk([key for key in keys if key])
    found = []
    for row, key in zip(rows, keys, strict=True):
        one = dates.get(key) if key else None
        total = ZERO
        if one is not None:
            total = occurrence_view(row=row, date=one.date, now=now).basket.total
        found.append(Told(row=row, occurrence=one, total=total))
    return found
