"""Places in a delivery window on a date. All of it runs in the caller's transaction."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from branches.calendar.reading import rests_of_window, shut
from branches.calendar.rests import orders_until, resting
from branches.errors import InvalidSlot, SlotClosed, SlotFull
from branches.locks import lock_dated_slot_row
from branches.models import DatedSlot, Holder, PlaceHold
from branches.selectors import reason_closed
from branches.services.line import tell_line
from branches.sql import HAS_LINE, HELD
from branches.windows import cutoff_at, ends_at, fits, starts_at
from core.errors import DomainError

REFUSALS: dict[str, type[DomainError]] = {"NOT_OFFERED": InvalidSlot, "FULL": SlotFull}
# What `check_open` asks in two queries, and the place, in one statement of the busiest path.
_TAKE = f"""
WITH took AS (
  UPDATE branches_datedslot AS d SET taken = taken + 1
  WHERE d.id = %(id)s
    AND ({HELD}) < %(left)s
    AND NOT EXISTS (
      SELECT 1 FROM branches_closure AS x
      WHERE (x.branch_id = %(branch)s OR x.branch_id IS NULL)
        AND x.starts_at < %(end)s AND x.ends_at > %(start)s
    )
  RETURNING d.id
), ordered AS (
  UPDATE branches_placehold AS h SET ordered_as = %(ordered_as)s::bigint FROM took
  WHERE h.dated_slot_id = took.id AND h.kind = %(kind)s::text AND h.reference = %(reference)s::bigint
)
SELECT count(*) FROM took
"""  # noqa: S608 - words of ours
_GIVE_BACK = f"""
UPDATE branches_datedslot d SET taken = taken - 1 WHERE d.id = %s RETURNING {HAS_LINE}
"""  # noqa: S608 - words of ours


def check_open(*, dated_slot: DatedSlot, now: dt.datetime, but_for: Holder | None = None) -> None:
    """Refuse a window that takes no more orders at `now`; `dated_slot` must be locked.

    Places kept by others count as gone, the one of `but_for` does not.
    Raises InvalidSlot, SlotClosed, SlotFull. Two queries.
    """
    reason = reason_closed(dated_slot=dated_slot, now=now, but_for=but_for)
    if reason:
        raise REFUSALS.get(reason, SlotClosed)


def take_place(
    *,
    dated_slot: DatedSlot,
    branch_id: int,
    now: dt.datetime,
    but_for: Holder | None = None,
    ordered_as: int | None = None,
) -> None:
    """Take one place of the locked window for an order of `branch_id`.

    The place that is kept for `but_for` counts no more while the basket `ordered_as` orders it.

    One statement when there is room. Raises InvalidSlot (also for another branch's window),
    SlotClosed, SlotFull.
    """
    if dated_slot.slot.branch_id != branch_id:
        raise InvalidSlot
    slot, date = dated_slot.slot, dated_slot.date
    offered = slot.is_active and slot.branch.is_active and fits(slot, date, now)
    if offered and now < cutoff_at(slot, date) and _is_workday(dated_slot, now):
        with connection.cursor() as cursor:
            cursor.execute(
                _TAKE,
                {
                    "id": dated_slot.pk,
                    "left": dated_slot.capacity - dated_slot.taken,
                    "kind": but_for and but_for.kind,
                    "reference": but_for and but_for.reference,
                    "ordered_as": ordered_as,
                    "now": now,
                    "branch": branch_id,
                    "start": starts_at(slot, date),
                    "end": ends_at(slot, date),
                },
            )
            taken = cursor.fetchone()[0] == 1
        if taken:
            dated_slot.taken += 1
            return
    check_open(dated_slot=dated_slot, now=now, but_for=but_for)
    raise SlotFull  # not reached: what refused the update is refused with its name above


def _is_workday(dated: DatedSlot, now: dt.datetime) -> bool:
    """Whether the calendar lets a window be ordered. No statement: it came with the lock."""
    slot, date = dated.slot, dated.date
    begin, end = starts_at(slot, date), ends_at(slot, date)
    text = getattr(dated, "calendar", None)
    if text is None:  # a row that was not read by its lock
        rests = shut(branch_id=slot.branch_id, start=begin, end=end).rests
    else:
        rests = rests_of_window(branch=slot.branch, date=date, text=text)
    return not resting(begin, end, rests) and now < orders_until(
        begin, cutoff_at(slot, date), rests
    )


def take_place_for_staff(
    *,
    dated_slot: DatedSlot,
    branch_id: int,
    now: dt.datetime,
    over_capacity: bool = False,
    but_for: Holder | None = None,
) -> None:
    """Take one place of the locked window, also past the hour until which customers order.

    Raises what `check_open_for_staff` raises. Three queries.
    """
    check_open_for_staff(
        dated_slot=dated_slot,
        branch_id=branch_id,
        now=now,
        over_capacity=over_capacity,
        but_for=but_for,
    )
    dated_slot.taken += 1
    dated_slot.save(update_fields=["taken"])


def check_open_for_staff(
    *,
    dated_slot: DatedSlot,
    branch_id: int,
    now: dt.datetime,
    over_capacity: bool = False,
    but_for: Holder | None = None,
) -> None:
    """`check_open` of the locked window for staff, for whom the customers' hours do not count.

    Raises InvalidSlot (another branch, taken out of the plan, past), SlotClosed (a closure), and
    SlotFull unless `over_capacity`. Two queries.
    """
    if dated_slot.slot.branch_id != branch_id:
        raise InvalidSlot
    reason = reason_closed(dated_slot=dated_slot, now=now, but_for=but_for)
    if reason == "CUTOFF":
        full = DatedSlot.objects.with_holds(now=now, but_for=but_for).get(pk=dated_slot.pk)
        used = dated_slot.taken + full.held  # type: ignore[attr-defined]
        reason = "FULL" if used >= dated_slot.capacity else ""
    if reason and not (reason == "FULL" and over_capacity):
        raise REFUSALS.get(reason, SlotClosed)


def release_place(*, dated_slot_id: int, ordered_as: int | None = None) -> None:
    """Return one taken place; who waits for it is told. Raises NotFound for an unknown window.

    What was kept for who tried to order it as the basket `ordered_as` is kept again.
    """
    lock_dated_slot_row(dated_slot_id=dated_slot_id)
    if ordered_as is not None:
        kept = PlaceHold.objects.filter(dated_slot_id=dated_slot_id, ordered_as=ordered_as)
        kept.update(ordered_as=None)
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, [dated_slot_id])
        row = cursor.fetchone()
    if row is not None and row[0]:
        tell_line([dated_slot_id])
