"""Keeping a place in a delivery window for a while. All of it runs in the caller's transaction.

Whoever calls holds the lock of the holder (a basket), so that its one row is written by one at a time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import connection

from branches.locks import lock_expired_holds
from branches.models import DatedSlot, Holder, PlaceHold
from branches.services.line import tell_line
from branches.sql import HAS_LINE
from core.transactions import require_transaction, write_transaction

# By hand: one statement, and what it frees is known by it.
_KEEP = f"""
WITH kept AS (
  INSERT INTO branches_placehold (dated_slot_id, kind, reference, until)
  VALUES (%(dated)s, %(kind)s, %(reference)s, %(until)s)
  ON CONFLICT (kind, reference) DO UPDATE
    SET dated_slot_id = EXCLUDED.dated_slot_id, until = EXCLUDED.until, ordered_as = NULL
)
SELECT d.id, {HAS_LINE} FROM branches_placehold h JOIN branches_datedslot d ON d.id = h.dated_slot_id
WHERE h.kind = %(kind)s AND h.reference = %(reference)s AND d.id <> %(dated)s
"""  # noqa: S608 - words of ours
_RELEASE = f"""
WITH d AS (
  DELETE FROM branches_placehold WHERE kind = %s AND reference = ANY(%s) RETURNING dated_slot_id AS id
)
SELECT d.id, {HAS_LINE} FROM d
"""  # noqa: S608 - words of ours


def hold_place(*, dated_slot: DatedSlot, holder: Holder, until: dt.datetime) -> None:
    """Keep a place of the locked window, instead of any that the holder kept before.

    `check_open` says whether there is one. One statement.
    """
    require_transaction()
    values: dict[str, Any] = {
        "dated": dated_slot.pk,
        "kind": str(holder.kind),
        "reference": holder.reference,
        "until": until,
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, values)
        tell_line(row[0] for row in cursor.fetchall() if row[1])


def release_holds(*, kind: str, references: Iterable[int]) -> int:
    """Let go what these holders keep, and tell who waits; returns how many kept something."""
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, [str(kind), list(references)])
        rows = cursor.fetchall()
    tell_line(row[0] for row in rows if row[1])
    return len(rows)


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
