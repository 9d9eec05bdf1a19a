"""Row locks of branches. In the shop's one order they stand after the order, before the stock."""

from __future__ import annotations

import datetime as dt

from branches.errors import InvalidSlot
from branches.models import Branch, Closure, DatedSlot, DeliverySlot
from branches.windows import fits
from mami.errors import NotFound


def lock_dated_slot(*, slot_id: int, date: dt.date, now: dt.datetime) -> DatedSlot:
    """The window on `date`, locked; its row is made when first needed.

    Raises NotFound for an unknown or inactive slot, InvalidSlot for a date on which the window
    does not exist: past, another weekday, or more than four weeks ahead.
    """
    dated = _locked(slot_id=slot_id, date=date)
    slot = dated.slot if dated else _slot(slot_id)
    if slot is None or not (slot.is_active and slot.branch.is_active):
        raise NotFound
    if not fits(slot, date, now):
        raise InvalidSlot
    if dated is None:
        # Two first orders for a date race here: the loser's insert does nothing.
        DatedSlot.objects.bulk_create([DatedSlot(slot=slot, date=date)], ignore_conflicts=True)
        dated = _locked(slot_id=slot_id, date=date)
        assert dated is not None  # noqa: S101  rows of dated slots are never deleted
    return dated


def lock_dated_slot_row(*, dated_slot_id: int) -> DatedSlot:
    """The row by its key, locked. Raises NotFound."""
    dated = _locked(pk=dated_slot_id)
    if dated is None:
        raise NotFound
    return dated


def lock_slot(*, slot_id: int) -> DeliverySlot:
    """A window of the weekly plan, locked for a manager's change. Raises NotFound."""
    slot = (
        DeliverySlot.objects.select_for_update(of=("self",))
        .select_related("branch")
        .filter(pk=slot_id)
        .first()
    )
    if slot is None:
        raise NotFound
    return slot


def lock_branch(*, branch_id: int) -> Branch:
    """A branch, locked for a manager's change. Raises NotFound."""
    branch = Branch.objects.select_for_update().filter(pk=branch_id).first()
    if branch is None:
        raise NotFound
    return branch


def lock_delivery_source() -> Branch | None:
    """The branch that deliveries leave from, locked; None when there is none yet."""
    return Branch.objects.select_for_update().filter(is_delivery_source=True).first()


def lock_closure(*, closure_id: int) -> Closure:
    """A closure, locked for its removal. Raises NotFound."""
    closure = Closure.objects.select_for_update().filter(pk=closure_id).first()
    if closure is None:
        raise NotFound
    return closure


def _slot(slot_id: int) -> DeliverySlot | None:
    return DeliverySlot.objects.select_related("branch").filter(pk=slot_id).first()


def _locked(**key: object) -> DatedSlot | None:
    return (
        DatedSlot.objects.select_for_update(of=("self",))
        .select_related("slot__branch")
        .filter(**key)
        .first()
    )
