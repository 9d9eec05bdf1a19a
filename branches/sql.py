"""Pieces of SQL over branches and windows for the statements of other apps."""

from __future__ import annotations

# The dated rows of some windows with the places gone: orders, and places kept but for one holder.
DATED = """
SELECT d.slot_id, d.date, d.id, d.capacity_override, d.taken + (
           SELECT count(*)::int FROM branches_placehold h
           WHERE h.dated_slot_id = d.id AND h.until > %s
             AND (h.kind, h.reference) IS DISTINCT FROM (%s::text, %s::bigint))
FROM branches_datedslot d WHERE d.slot_id = ANY(%s) AND d.date BETWEEN %s AND %s
"""


def kept_place(*, kind: str, reference: str) -> str:
    """Two columns, `hold_slot_id` and `hold_until`: the place kept for a holder, or nulls.

    `kind` is a kind of `PlaceHold`, `reference` SQL.
    """
    row = f"FROM branches_placehold h WHERE h.kind = '{kind}' AND h.reference = {reference}"
    return f"(SELECT h.dated_slot_id {row}) AS hold_slot_id, (SELECT h.until {row}) AS hold_until"


def let_go(*, kind: str, reference: str) -> str:
    """A statement that lets go the place kept for a holder. `kind` is a kind of `PlaceHold`, `reference` SQL."""
    return f"DELETE FROM branches_placehold WHERE kind = '{kind}' AND reference = {reference}"  # noqa: S608
