"""Places in a delivery window on a date. All of it runs in the caller's transaction."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from branches.errors import InvalidSlot, SlotClosed, SlotFull
from branches.locks import lock_dated_slot_row
from branches.models import Closure, DatedSlot
from branches.windows import cutoff_at, ends_at, fits, starts_at

# What `check_open` asks in two queries, and the place, in one statement of the busiest path.
_TAKE = """
UPDATE branches_datedslot AS d SET taken = taken + 1
WHERE d.id = %(id)s
  AND (
    SELECT count(*) FROM cart_cart AS c
    WHERE c.held_slot_id = d.id AND c.status = 'ACTIVE' AND c.hold_expires_at > %(now)s
      AND c.id IS DISTINCT FROM %(cart)s
  ) < %(left)s
  AND NOT EXISTS (
    SELECT 1 FROM branches_closure AS x
    WHERE (x.branch_id = %(branch)s OR x.branch_id IS NULL)
      AND x.starts_at < %(end)s AND x.ends_at > %(start)s
  )
"""


def check_open(
    *, dated_slot: DatedSlot, now: dt.datetime, exclude_cart_id: int | None = None
) -> None:
    """Refuse a window that takes no more orders at `now`; `dated_slot` must be locked.

    Places kept by other baskets count as gone, the one of `exclude_cart_id` does not.
    Raises InvalidSlot, SlotClosed, SlotFull. Two queries.
    """
    slot, date = dated_slot.slot, dated_slot.date
    if not slot.is_active or not fits(slot, date, now):
        raise InvalidSlot
    if now >= cutoff_at(slot, date):
        raise SlotClosed
    closures = Closure.objects.touching(
        branch_id=slot.branch_id, start=starts_at(slot, date), end=ends_at(slot, date)
    )
    if closures.exists():
        raise SlotClosed
    counted = DatedSlot.objects.with_holds(now=now, exclude_cart_id=exclude_cart_id)
    held = counted.values_list("held", flat=True).get(pk=dated_slot.pk)  # type: ignore[misc]
    if dated_slot.taken + held >= dated_slot.capacity:
        raise SlotFull


def take_place(
    *,
    dated_slot: DatedSlot,
    branch_id: int,
    now: dt.datetime,
    exclude_cart_id: int | None = None,
) -> None:
    """Take one place of the locked window for an order of `branch_id`.

    One statement when there is room. Raises InvalidSlot (also for another branch's window),
    SlotClosed, SlotFull.
    """
    if dated_slot.slot.branch_id != branch_id:
        raise InvalidSlot
    slot, date = dated_slot.slot, dated_slot.date
    if slot.is_active and fits(slot, date, now) and now < cutoff_at(slot, date):
        with connection.cursor() as cursor:
            cursor.execute(
                _TAKE,
                {
                    "id": dated_slot.pk,
                    "left": dated_slot.capacity - dated_slot.taken,
                    "cart": exclude_cart_id,
                    "now": now,
                    "branch": branch_id,
                    "start": starts_at(slot, date),
                    "end": ends_at(slot, date),
                },
            )
            taken = cursor.rowcount == 1
        if taken:
            dated_slot.taken += 1
            return
    check_open(dated_slot=dated_slot, now=now, exclude_cart_id=exclude_cart_id)
    raise SlotFull  # not reached: what refused the update is refused with its name above


def give_back_place(*, dated_slot_id: int) -> None:
    """Return one taken place. Raises NotFound for an unknown window."""
    dated_slot = lock_dated_slot_row(dated_slot_id=dated_slot_id)
    dated_slot.taken -= 1
    dated_slot.save(update_fields=["taken"])
