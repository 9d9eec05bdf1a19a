"""What time does to standing orders: dates are put together, questions end, rests are over."""

from __future__ import annotations

import datetime as dt

from core.clock import shop_date
from core.transactions import write_transaction
from standing.locks import lock_occurrence, lock_standing
from standing.models import Occurrence, StandingOrder
from standing.services.dates import draft_within
from standing.services.keeping import resume_within
from standing.services.placing import give_up
from standing.services.planning import plan_standing
from standing.status import State

Status = StandingOrder.Status


def draft_due(*, now: dt.datetime, limit: int = 500) -> int:
    """Put together the dates whose time has come; how many."""
    due = Occurrence.objects.filter(
        state=State.PLANNED, draft_at__lte=now, standing__status=Status.ACTIVE
    )
    count = 0
    for key, standing_id in list(
        due.order_by("draft_at", "pk").values_list("pk", "standing_id")[:limit]
    ):
        with write_transaction():
            row = lock_standing(standing_id=standing_id)
            one = lock_occurrence(occurrence_id=key)
            if row is not None and one is not None and one.state == State.PLANNED:
                draft_within(row, one, now)
                count += 1
    return count


def close_unanswered(*, now: dt.datetime, limit: int = 500) -> int:
    """Dates whose prices nobody accepted in time are not ordered; how many."""
    late = Occurrence.objects.filter(state=State.ASKED, place_at__lte=now)
    count = 0
    for key, standing_id in list(late.order_by("pk").values_list("pk", "standing_id")[:limit]):
        with write_transaction():
            row = lock_standing(standing_id=standing_id)
            one = lock_occurrence(occurrence_id=key)
            if row is not None and one is not None and one.state == State.ASKED:
                give_up(row, one, "PRICE_NOT_ACCEPTED")
                count += 1
    return count


def resume_rested(*, now: dt.datetime) -> int:
    """Standing orders that rested until today go on; how many."""
    rested = StandingOrder.objects.filter(
        status=Status.PAUSED, paused_until__lte=shop_date(now)
    ).values_list("pk", flat=True)
    keys = list(rested)
    for key in keys:
        with write_transaction():
            row = lock_standing(standing_id=key)
            if row is not None:
                resume_within(row, now)
        plan_standing(standing_id=key, now=now)
    return len(keys)
