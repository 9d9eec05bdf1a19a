"""Keeping a place in a delivery window for a while. All of it runs in the caller's transaction.

Whoever calls holds the lock of the holder (a basket), so that its one row is written by one at a time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from branches.locks import lock_expired_holds
from branches.models import DatedSlot, Holder, PlaceHold
from core.transactions import require_transaction, write_transaction


def hold_place(*, dated_slot: DatedSlot, holder: Holder, until: dt.datetime) -> None:
    """Keep a place of the locked window, instead of any that the holder kept before.

    `check_open` says whether there is one. One statement.
    """
    require_transaction()
    PlaceHold.objects.bulk_create(
        [
            PlaceHold(
                dated_slot=dated_slot, kind=holder.kind, reference=holder.reference, until=until
            )
        ],
        update_conflicts=True,
        unique_fields=["kind", "reference"],
        update_fields=["dated_slot", "until"],
    )


def release_holds(*, kind: str, references: Iterable[int]) -> int:
    """Let go what these holders keep; returns how many kept something."""
    require_transaction()
    return PlaceHold.objects.filter(kind=kind, reference__in=list(references)).delete()[0]


def pass_hold(*, giver: Holder, taker: Holder, now: dt.datetime) -> int | None:
    """Let one holder have the place of another, unless it keeps one of its own.

    Returns the dated slot whose place changed hands. It stays the same one, so its window needs no
    look.
    """
    require_transaction()
    rows = {
        Holder(row.kind, row.reference): row
        for holder in (giver, taker)
        for row in PlaceHold.objects.filter(kind=holder.kind, reference=holder.reference)
    }
    own = rows.get(taker)
    if giver not in rows or (own is not None and own.until > now):
        return None
    if own is not None:
        own.delete()
    rows[giver].kind, rows[giver].reference = taker
    rows[giver].save(update_fields=["kind", "reference"])
    return rows[giver].dated_slot_id


def forget_holds(*, now: dt.datetime) -> int:
    """Remove what is over; returns how many. Only tidies: it counts nowhere any more."""
    with write_transaction():
        over = [row.pk for row in lock_expired_holds(now=now)]
        return PlaceHold.objects.filter(pk__in=over).delete()[0]
