"""Row locks of standing orders: the standing order first, then its dates by day."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q

from core.transactions import require_transaction
from standing.models import Occurrence, StandingOrder
from standing.status import State


def lock_standing(*, standing_id: int) -> StandingOrder | None:
    require_transaction()
    return StandingOrder.objects.select_for_update().filter(pk=standing_id).first()


def lock_standing_of(*, user_id: int) -> list[StandingOrder]:
    """All of a person's."""
    require_transaction()
    rows = StandingOrder.objects.select_for_update().filter(user_id=user_id)
    return list(rows.order_by("pk"))


def lock_occurrence(*, occurrence_id: int) -> Occurrence | None:
    """A date, behind the lock of its standing order or alone."""
    require_transaction()
    rows = Occurrence.objects.select_for_update(of=("self",)).filter(pk=occurrence_id)
    return rows.select_related("slot__branch").first()


def lock_occurrences(*, standing_id: int) -> list[Occurrence]:
    """All dates of a locked standing order."""
    require_transaction()
    rows = Occurrence.objects.select_for_update(of=("self",)).filter(standing_id=standing_id)
    return list(rows.select_related("slot__branch").order_by("date"))


def lock_due(*, now: dt.datetime) -> Occurrence | None:
    """One date that is to be ordered now, locked with its standing order in one statement; those
    others work on are left out."""
    require_transaction()
    due = Q(place_at__lte=now, retry_at=None) | Q(retry_at__lte=now)
    rows = Occurrence.objects.select_for_update(of=("self", "standing"), skip_locked=True).filter(
        due, state=State.DRAFT, standing__status=StandingOrder.Status.ACTIVE
    )
    rows = rows.select_related("standing__user", "slot__branch")
    return rows.order_by("place_at", "pk").first()


def lock_stranded(*, since: dt.datetime) -> Occurrence | None:
    """One date whose worker died over it, locked."""
    require_transaction()
    rows = Occurrence.objects.select_for_update(of=("self",), skip_locked=True).filter(
        state=State.PLACING, placing_since__lte=since
    )
    return rows.order_by("placing_since", "pk").first()
