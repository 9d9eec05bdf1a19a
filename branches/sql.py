"""Pieces of SQL over branches and windows for the statements of other apps."""

from __future__ import annotations

from branches.models import PlaceHold

# The places of a dated slot `d` kept for others than one holder. The line of those who wait counts for
# all but who keeps a place there: that one is behind nobody.
HELD = f"""
SELECT count(*)::int FROM branches_placehold h
WHERE h.dated_slot_id = d.id AND h.until > %(now)s AND h.ordered_as IS NULL
  AND (h.kind, h.reference) IS DISTINCT FROM (%(kind)s::text, %(reference)s::bigint)
  AND (h.kind <> '{PlaceHold.Kind.WAITING}' OR NOT EXISTS (
    SELECT FROM branches_placehold own WHERE own.dated_slot_id = d.id AND own.until > %(now)s
       AND own.kind = %(kind)s::text AND own.reference = %(reference)s::bigint))
"""  # noqa: S608 - words of ours
# The dated rows of some windows with the places gone: orders, and places kept but for one holder.
DATED = f"""
SELECT d.slot_id, d.date, d.id, d.capacity_override, d.taken + ({HELD})
FROM branches_datedslot d WHERE d.slot_id = ANY(%(slots)s) AND d.date BETWEEN %(start)s AND %(end)s
"""  # noqa: S608 - words of ours
# Whether anybody stands in the line for the dated slot `d`.
HAS_LINE = f"""EXISTS (
  SELECT FROM branches_placehold line WHERE line.dated_slot_id = d.id AND line.kind = '{PlaceHold.Kind.WAITING}')"""
# The terms of the active area of a place, as `AreaTerms.as_json` has them, and whether there are areas.
TERMS = """(SELECT jsonb_build_object('id', a.id, 'name_he', a.name_he, 'name_en', a.name_en,
  'branch_id', a.branch_id, 'same_day', a.same_day, 'fee', a.fee::text, 'minimum', a.minimum::text,
  'free_from', a.free_from::text)
FROM branches_arealocality m JOIN branches_deliveryarea a ON a.id = m.area_id
WHERE m.locality_id = {locality} AND m.is_active LIMIT 1)"""
HAS_AREAS = "EXISTS (SELECT FROM branches_deliveryarea a WHERE a.is_active)"


def kept_place(*, kind: str, reference: str) -> str:
    """Two columns, `hold_slot_id` and `hold_until`: the place kept for a holder, or nulls.

    `kind` is a kind of `PlaceHold`, `reference` SQL.
    """
    row = f"FROM branches_placehold h WHERE h.kind = '{kind}' AND h.reference = {reference}"
    return f"(SELECT h.dated_slot_id {row}) AS hold_slot_id, (SELECT h.until {row}) AS hold_until"


def let_go(*, kind: str, reference: str) -> str:
    """A statement that lets go the place kept for a holder. `kind` is a kind of `PlaceHold`, `reference` SQL."""
    return f"DELETE FROM branches_placehold WHERE kind = '{kind}' AND reference = {reference}"  # noqa: S608


PASSOVER_MODE = "(SELECT s.passover_mode FROM branches_calendarsettings s)"
"""What managers say of Passover, null where nobody has said anything."""


def calendar(*, start: str, end: str) -> str:
    """What managers say of the calendar, as JSON: how it is kept, and the exceptions of the dates
    from `start` to `end`, which are SQL."""
    days = f"""
        SELECT json_agg(json_build_array(
            x.date, x.closes_at, x.opens_at, x.is_open, x.reason_he, x.reason_en) ORDER BY x.date)
        FROM branches_calendarday x WHERE x.date BETWEEN {start} AND {end}"""  # noqa: S608
    kept = """
        SELECT json_build_array(s.keeps_shabbat, s.independence_day, s.passover_mode)
        FROM branches_calendarsettings s"""
    return f"json_build_array(({kept}), ({days}))::text"


def closures(*, branch: str, start: str, end: str) -> str:
    """The closures of a branch that touch a time, as JSON. All three are SQL."""
    return f"""(
    SELECT json_agg(json_build_array(x.starts_at, x.ends_at, x.reason_he, x.reason_en)
                    ORDER BY x.starts_at)
    FROM branches_closure x
    WHERE (x.branch_id = {branch} OR x.branch_id IS NULL)
      AND x.starts_at < {end} AND x.ends_at > {start})::text"""  # noqa: S608


# In one row: the calendar around some dates, where a branch stands, its closures within a time.
SHUT = f"""
SELECT {calendar(start="%(first)s", end="%(last)s")}, b.latitude, b.longitude,
    {closures(branch="b.id", start="%(start)s", end="%(end)s")}
FROM branches_branch b WHERE b.id = %(branch)s
"""  # noqa: S608
# Whether no closure of all branches is on, the calendar around today, and where deliveries leave from.
SHOP_CLOSED = f"""
SELECT NOT EXISTS (SELECT FROM branches_closure x WHERE x.branch_id IS NULL AND now() BETWEEN x.starts_at AND x.ends_at),
    {calendar(start="current_date - 7", end="current_date + 7")}, b.latitude, b.longitude
FROM (SELECT 1) AS one LEFT JOIN branches_branch b ON b.is_delivery_source AND b.is_active
"""  # noqa: S608
