"""Standing orders as managers look at them: each with the date that comes next, failures first."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.selectors import destinations_for, people_meant
from catalog.models import Product
from core.gtin import part_of
from core.long_lists import InTurn
from core.money import ZERO
from standing.models import Occurrence, StandingItem, StandingOrder
from standing.selectors import basket_with, branch_of, items_of, known_destinations, with_next
from standing.status import FAILED

MOST_MEANT = 1_000  # standing orders of a text, the newest


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
        theirs = StandingOrder.objects.filter(user__in=people_meant(text=q)).values_list("pk")
        named = StandingOrder.objects.filter(part_of("name", q)).values_list("pk")
        rows = rows.filter(
            pk__in=[pk for (pk,) in theirs.union(named).order_by("-id")[:MOST_MEANT]]
        )
    return with_next(rows)


def failures_first(rows: QuerySet[StandingOrder]) -> InTurn:
    """Those the shop paused, then those with a date that failed, then the rest."""
    paused = ~Q(status_reason="")
    failed = Q(pk__in=Occurrence.objects.filter(state__in=sorted(FAILED)).values("standing"))
    rows = rows.order_by("-pk")
    return InTurn(
        rows.filter(paused), rows.exclude(paused).filter(failed), rows.exclude(paused | failed)
    )


def told(rows: Sequence[StandingOrder], *, now: dt.datetime) -> list[Told]:
    """A page of them. Five statements, and one for each branch they come from."""
    keys = [row.next_id for row in rows]  # type: ignore[attr-defined]
    dates = Occurrence.objects.select_related("slot").in_bulk([key for key in keys if key])
    totals = _totals([(row, dates[key]) for row, key in zip(rows, keys, strict=True) if key])
    return [
        Told(row=row, occurrence=dates.get(key), total=totals.get(key, ZERO))
        for row, key in zip(rows, keys, strict=True)
    ]


def _totals(pairs: Sequence[tuple[StandingOrder, Occurrence]]) -> dict[int, Decimal]:
    """What each date would cost now, in ₪, or did, by date."""
    _look_up_destinations(pairs)
    own = items_of(one for _row, one in pairs)
    templates: dict[int, list[StandingItem]] = defaultdict(list)
    for item in StandingItem.objects.filter(standing__in=[row.pk for row, _one in pairs]):
        templates[item.standing_id].append(item)
    wanted: dict[int | None, set[int]] = defaultdict(set)
    for row, one in pairs:
        wanted[branch_of(row)] |= {item.product_id for item in own[one.pk]}
        wanted[branch_of(row)] |= {item.product_id for item in templates[row.pk]}
    goods = {
        branch_id: Product.objects.as_cards(branch_id).in_bulk(ids)
        for branch_id, ids in wanted.items()
    }
    return {
        one.pk: basket_with(row, one, own[one.pk], templates[row.pk], goods[branch_of(row)]).total
        for row, one in pairs
    }


def _look_up_destinations(pairs: Sequence[tuple[StandingOrder, Occurrence]]) -> None:
    asked = {key for row, one in pairs for key in (row.address_id, one.address_id) if key}
    found = destinations_for(address_ids=asked)
    for row, one in pairs:
        for key in (row.address_id, one.address_id):
            if key in found:
                known_destinations(row)[key] = found[key]
