"""The line of those who wait for a full window, as far as windows know it: places that belong to it.

Each of them has a row of `PlaceHold` of kind WAITING, until nothing is offered any more or, while a
place is offered, until the offer is over. Who they are is known above.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from django.db import connection

from branches.models import DatedSlot, PlaceHold
from core.transactions import require_transaction

WHEN_FREED: list[Callable[[int], None]] = []
"""Called with the key of a dated slot that gave a place back and has a line, in that transaction."""

_FREE = """
SELECT count(*) FROM branches_placehold h
WHERE h.dated_slot_id = %s AND h.until > %s AND h.kind <> %s AND h.ordered_as IS NULL
"""


def tell_line(dated_slots: Iterable[int]) -> None:
    """Let the line know of places given back, in the caller's transaction."""
    for key in sorted(set(dated_slots)):
        for listener in WHEN_FREED:
            listener(key)


def keep_line_until(*, dated_slot: DatedSlot, references: list[int], until: dt.datetime) -> None:
    """Let these stand in the line as long as places are offered, where the plan has changed."""
    require_transaction()
    rows = PlaceHold.objects.filter(kind=PlaceHold.Kind.WAITING, reference__in=references)
    rows.filter(dated_slot=dated_slot).exclude(until=until).update(until=until)


def free_for_line(*, dated_slot: DatedSlot, now: dt.datetime) -> int:
    """Places of the locked window that neither an order nor anybody but the line has. One query."""
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(_FREE, [dated_slot.pk, now, PlaceHold.Kind.WAITING.value])
        kept: int = cursor.fetchone()[0]
    return max(0, dated_slot.capacity - dated_slot.taken - kept)
