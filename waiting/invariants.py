"""What must be true of lines and of the places kept for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from branches.models import PlaceHold
from branches.selectors import line_until
from core import clock
from core.invariants import Finding, Rule
from waiting.models import OPEN, WaitingEntry


def places_of_lines_are_of_those_who_wait(as_of: dt.datetime | None) -> Iterator[Finding]:
    """Each open entry for a window has its place in the line, and no place stands for nobody."""
    holds = PlaceHold.objects.filter(kind=PlaceHold.Kind.WAITING)
    kept = dict(holds.values_list("reference", "dated_slot_id"))
    rows = WaitingEntry.objects.filter(state__in=OPEN, dated_slot__isnull=False)
    wanting = {row.pk: row for row in rows.select_related("dated_slot__slot")}
    for key in sorted(set(kept) - set(wanting)):
        yield Finding(
            what=f"a place is kept for entry {key}, which waits for none",
            repair=f"remove the kept place of WAITING {key}",
        )
    now = clock.now()
    for key, row in sorted(wanting.items()):
        assert row.dated_slot is not None  # noqa: S101 - asked for
        ends = row.offer_until or line_until(dated_slot=row.dated_slot)
        if ends > now and kept.get(key) != row.dated_slot_id:
            yield Finding(
                what=f"entry {key} waits for window {row.dated_slot_id} and has no place in its line",
                repair=f"end entry {key} (CANCELED): its customer may stand in line again",
            )


RULES = [
    Rule(
        name="places of lines = those who wait for a window",
        check=places_of_lines_are_of_those_who_wait,
    ),
]
