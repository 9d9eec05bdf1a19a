"""What must be true of standing orders, their orders and the places they keep."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db.models import F

from branches.models import PlaceHold
from core import clock
from core.invariants import Finding, Rule
from standing.models import Occurrence
from standing.status import OPEN, State


def placed_dates_have_their_order(as_of: dt.datetime | None) -> Iterator[Finding]:
    """Each date that was ordered has an order of the same person."""
    wrong = Occurrence.objects.filter(state=State.PLACED).exclude(
        order__user_id=F("standing__user_id")
    )
    for one in wrong.order_by("pk"):
        yield Finding(
            what=f"date {one.pk} ({one}) is placed, its order is {one.order_id}",
            repair="find the order under the key of its last attempt and point to it",
        )


def kept_places_are_of_dates_that_keep_one(as_of: dt.datetime | None) -> Iterator[Finding]:
    """The places kept for standing orders are those of open dates, and none besides."""
    holds = PlaceHold.objects.filter(kind=PlaceHold.Kind.STANDING)
    kept = dict(holds.values_list("reference", "dated_slot_id"))
    may = (*OPEN, State.PLACING)
    wanting = set(
        Occurrence.objects.filter(window_kept=True, state__in=may).values_list("pk", flat=True)
    )
    coming = Occurrence.objects.filter(
        window_kept=True, state__in=OPEN, place_at__gt=clock.now()
    ).values_list("pk", flat=True)
    for key in sorted(set(coming) - set(kept)):
        yield Finding(
            what=f"date {key} says that a place is kept for it, and none is",
            repair=f"set window_kept of date {key} to false: the next planning keeps one",
        )
    for key in sorted(set(kept) - wanting):
        yield Finding(
            what=f"a place is kept for date {key}, which keeps none",
            repair=f"remove the kept place of STANDING {key}",
        )


RULES = [
    Rule(name="dates of standing orders = their orders", check=placed_dates_have_their_order),
    Rule(name="places kept = dates that keep one", check=kept_places_are_of_dates_that_keep_one),
]
