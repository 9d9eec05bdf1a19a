"""What differs from the weekly plan: the capacity of a date, and closures."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from audit.services import Action, Actor, record
from branches.locks import lock_branch, lock_closure, lock_dated_slot, lock_dated_slot_row
from branches.models import Closure, DatedSlot
from branches.services.plan import MOST_ORDERS
from core.errors import InvalidInput, NotFound
from core.transactions import write_transaction


def set_dated_capacity(
    *,
    actor: Actor | None,
    capacity: int | None,
    now: dt.datetime,
    slot_id: int | None = None,
    date: dt.date | None = None,
    dated_slot_id: int | None = None,
) -> DatedSlot:
    """Let a window take `capacity` orders on one date; None returns to the weekly plan.

    A number below what is taken only stops further orders. Name the window by `slot_id` and
    `date`, or by `dated_slot_id`. Raises NotFound, InvalidSlot, InvalidInput.
    """
    if capacity is not None and not 0 <= capacity <= MOST_ORDERS:
        raise InvalidInput(fields={"capacity_override": [_("A whole number from 0 to 10,000.")]})
    with write_transaction():
        if dated_slot_id is not None:
            dated = lock_dated_slot_row(dated_slot_id=dated_slot_id)
        elif slot_id is not None and date is not None:
            dated = lock_dated_slot(slot_id=slot_id, date=date, now=now)
        else:
            raise NotFound
        old = dated.capacity_override
        if old == capacity:
            return dated
        dated.capacity_override = capacity
        dated.save(update_fields=["capacity_override"])
        record(
            actor=actor,
            entity_type="dated_slot",
            entity_id=dated.pk,
            action=Action.UPDATE,
            old={"capacity": old},
            new={"capacity": capacity},
            context={"slot_id": dated.slot_id, "date": dated.date},
        )
    return dated


def add_closure(
    *,
    actor: Actor | None,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    reason_he: str,
    reason_en: str,
    branch_id: int | None = None,
) -> Closure:
    """Close a branch, or the whole shop, for a time. Orders already placed stay.

    Raises NotFound (branch), InvalidInput.
    """
    fields: dict[str, list[str]] = {}
    if ends_at <= starts_at:
        fields["ends_at"] = [_("The end must come after the start.")]
    for name, text in (("reason_he", reason_he), ("reason_en", reason_en)):
        if not text.strip():
            fields[name] = [_("Please fill this in.")]
        elif len(text) > 80:
            fields[name] = [_("At most %(limit)d characters.") % {"limit": 80}]
    if fields:
        raise InvalidInput(fields=fields)
    with write_transaction():
        if branch_id is not None:
            lock_branch(branch_id=branch_id)
        closure = Closure.objects.create(
            branch_id=branch_id,
            starts_at=starts_at,
            ends_at=ends_at,
            reason_he=reason_he,
            reason_en=reason_en,
        )
        record(
            actor=actor,
            entity_type="closure",
            entity_id=closure.pk,
            action=Action.CREATE,
            new=_values(closure),
        )
    return closure


def remove_closure(*, actor: Actor | None, closure_id: int) -> None:
    """Take orders again in a time that was closed. Raises NotFound."""
    with write_transaction():
        closure = lock_closure(closure_id=closure_id)
        record(
            actor=actor,
            entity_type="closure",
            entity_id=closure.pk,
            action=Action.DELETE,
            old=_values(closure),
        )
        closure.delete()


def _values(closure: Closure) -> dict[str, object]:
    return {
        "branch_id": closure.branch_id,
        "starts_at": closure.starts_at,
        "ends_at": closure.ends_at,
        "reason_en": closure.reason_en,
    }
