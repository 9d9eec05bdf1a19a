"""What a message about a date of a standing order says, looked up when it is sent."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from branches.models import DeliverySlot
from branches.selectors import available_slots
from core import clock
from notifications.errors import Obsolete
from standing.models import Occurrence, StandingOrder
from standing.reasons import reason_words
from standing.selectors import branch_of, occurrence_view
from standing.status import DRAFTED, State

NEAREST = 3
AROUND = dt.timedelta(days=2)
_CENTS = Decimal("0.01")


def upcoming_context(*, occurrence_id: int, reason: str = "") -> dict[str, Any]:
    """The draft with its sum and the moment it is ordered. Raises Obsolete once it is settled."""
    context = _context(occurrence_id)
    if context["row"].state not in DRAFTED:
        raise Obsolete
    return context


def asked_context(*, occurrence_id: int, reason: str = "") -> dict[str, Any]:
    """As `upcoming_context`, with what rose. Raises Obsolete once somebody answered."""
    context = _context(occurrence_id)
    if context["row"].state != State.ASKED:
        raise Obsolete
    return context


def failed_context(*, occurrence_id: int, reason: str = "") -> dict[str, Any]:
    """Why it was not ordered, or has no place. Raises Obsolete where it was ordered after all."""
    context = _context(occurrence_id)
    row = context["row"]
    if row.state == State.PLACED or (reason == "SLOT_FULL" and row.window_kept):
        raise Obsolete
    nearest = _nearest(row.standing, row) if reason == "SLOT_FULL" else []
    return {**context, "why": reason_words(reason), "nearest": nearest, "is_full": bool(nearest)}


def _context(occurrence_id: int) -> dict[str, Any]:
    row = Occurrence.objects.select_related("standing__user").filter(pk=occurrence_id).first()
    if row is None:
        raise Obsolete
    view = occurrence_view(row=row.standing, date=row.date, now=clock.now())
    return {
        "row": view.row,
        "basket": view.basket,
        "slot": view.row.slot,
        "percent": view.basket.price_rise_percent.quantize(_CENTS),
        "path": f"/standing/{row.standing_id}/{row.date:%Y-%m-%d}/",
    }


def _nearest(standing: StandingOrder, row: Occurrence) -> list[Any]:
    """The open windows nearest to the one that is full, those before it too, by time."""
    slot: DeliverySlot | None = row.slot
    if slot is None:
        return []
    choices = available_slots(
        branch_id=branch_of(standing, row),
        start=row.window_date - AROUND,
        days=2 * AROUND.days + 1,
        now=clock.now(),
    )
    wanted = dt.datetime.combine(row.window_date, slot.start_time)
    nearest = sorted(
        (choice for choice in choices if choice.is_open),
        key=lambda one: abs(dt.datetime.combine(one.date, one.start_time) - wanted),
    )
    return sorted(nearest[:NEAREST], key=lambda one: (one.date, one.start_time))
