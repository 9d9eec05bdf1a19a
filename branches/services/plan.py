"""The weekly plan of delivery windows as managers keep it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from audit.services import Action, Actor, record
from branches.errors import InvalidSlot, SlotOverlap
from branches.locks import lock_branch, lock_dates, lock_slot
from branches.models import CLOSING, LONGEST_CUTOFF, OPENING, DatedSlot, DeliverySlot
from core.clock import now as clock_now
from core.clock import shop_date
from core.constraints import refused_by
from core.errors import InvalidInput
from core.money import shekels
from core.transactions import write_transaction

WINDOW = dt.timedelta(hours=2)
WHEN = ("day_of_week", "start_time", "end_time")
FIELDS = (*WHEN, "capacity", "fee", "cutoff_minutes")
MOST_ORDERS = 10_000


def create_slot(
    *,
    actor: Actor | None,
    branch_id: int,
    day_of_week: int,
    start_time: dt.time,
    end_time: dt.time,
    capacity: int = 30,
    fee: Decimal | None = None,
    cutoff_minutes: int = 120,
) -> DeliverySlot:
    """Add a two-hour window to a branch's week. `fee` in ₪, None for the shop's usual one.

    Orders are taken until `cutoff_minutes` before the window starts.
    Raises NotFound (branch), InvalidSlot, SlotOverlap, InvalidInput.
    """
    _check_window(day_of_week, start_time, end_time)
    _check_numbers({"capacity": capacity, "fee": fee, "cutoff_minutes": cutoff_minutes})
    with write_transaction():
        branch = lock_branch(branch_id=branch_id)
        slot = _saved(
            DeliverySlot(
                branch=branch,
                day_of_week=day_of_week,
                start_time=start_time,
                end_time=end_time,
                capacity=capacity,
                fee=fee,
                cutoff_minutes=cutoff_minutes,
            )
        )
        record(
            actor=actor,
            entity_type="delivery_slot",
            entity_id=slot.pk,
            action=Action.CREATE,
            new={"branch_id": branch.pk, **_values(slot, FIELDS)},
        )
    return slot


def update_slot(*, actor: Actor | None, slot_id: int, changes: Mapping[str, Any]) -> DeliverySlot:
    """Change a window; a new capacity counts at once for its dates still open.

    The day and times stay as they are once a coming date has orders. Raises NotFound,
    InvalidSlot, SlotOverlap, InvalidInput.
    """
    _check_numbers(changes)
    with write_transaction():
        slot = lock_slot(slot_id=slot_id)
        changed = [n for n in FIELDS if n in changes and changes[n] != getattr(slot, n)]
        if set(changed) & set(WHEN):
            _check_free_to_move(slot)
        old = _values(slot, changed)
        for name in changed:
            setattr(slot, name, changes[name])
        _check_window(slot.day_of_week, slot.start_time, slot.end_time)
        if changed:
            _saved(slot, update_fields=changed)
            record(
                actor=actor,
                entity_type="delivery_slot",
                entity_id=slot.pk,
                action=Action.UPDATE,
                old=old,
                new=_values(slot, changed),
            )
        if changes.get("is_active", slot.is_active) != slot.is_active:
            _switch(actor, slot, active=bool(changes["is_active"]))
    return slot


def deactivate_slot(*, actor: Actor | None, slot_id: int) -> DeliverySlot:
    """Take a window out of the plan; orders already placed for it stay. Raises NotFound."""
    return update_slot(actor=actor, slot_id=slot_id, changes={"is_active": False})


def activate_slot(*, actor: Actor | None, slot_id: int) -> DeliverySlot:
    """Put a window back into the plan. Raises NotFound, SlotOverlap."""
    return update_slot(actor=actor, slot_id=slot_id, changes={"is_active": True})


def _switch(actor: Actor | None, slot: DeliverySlot, *, active: bool) -> None:
    slot.is_active = active
    _saved(slot, update_fields=["is_active"])
    record(
        actor=actor,
        entity_type="delivery_slot",
        entity_id=slot.pk,
        action=Action.ACTIVATE if active else Action.DEACTIVATE,
        old={"is_active": not active},
        new={"is_active": active},
    )


def _saved(slot: DeliverySlot, **options: Any) -> DeliverySlot:
    with refused_by({"slot_no_overlap": SlotOverlap}):
        slot.save(**options)
    return slot


def _check_window(day: int, start: dt.time, end: dt.time) -> None:
    length = _minutes(end) - _minutes(start)
    if not (0 <= day <= 6 and start >= OPENING and end <= CLOSING and length == WINDOW):
        raise InvalidSlot(_("A window lasts two hours and lies between 06:00 and 22:00."))


def _minutes(time: dt.time) -> dt.timedelta:
    return dt.timedelta(hours=time.hour, minutes=time.minute, seconds=time.second)


def _check_free_to_move(slot: DeliverySlot) -> None:
    """Raises InvalidSlot while an order, an open checkout or a basket counts on a coming date.

    The dates are locked, so that no basket comes to keep one meanwhile.
    """
    now = clock_now()
    dates = [row for row in lock_dates(slot_id=slot.pk) if row.date >= shop_date(now)]
    counted = DatedSlot.objects.with_holds(now=now).filter(pk__in=[row.pk for row in dates])
    held = any(row.held for row in counted)  # type: ignore[attr-defined]
    if held or any(row.taken for row in dates):
        raise InvalidSlot(
            _("This window already has orders. Deactivate it and add a new one instead.")
        )


def _check_numbers(values: Mapping[str, Any]) -> None:
    fields: dict[str, list[str]] = {}
    fee, cutoff = values.get("fee"), values.get("cutoff_minutes", 0)
    if not _is_whole(values.get("capacity", 1), most=MOST_ORDERS):
        fields["capacity"] = [_("A whole number from 0 to 10,000.")]
    if not _is_whole(cutoff, most=LONGEST_CUTOFF):
        fields["cutoff_minutes"] = [_("Minutes, at most two days.")]
    if fee is not None and not (0 <= fee < 10_000 and shekels(fee) == fee):
        fields["fee"] = [_("An amount from 0 to 9,999.99.")]
    if fields:
        raise InvalidInput(fields=fields)


def _is_whole(value: Any, *, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _values(slot: DeliverySlot, names: list[str] | tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(slot, name) for name in names}
