"""The calendar as a process remembers it for a minute: deadlines that cost no statement of their own."""

from __future__ import annotations

import datetime as dt

from branches.calendar.reading import DAY, place_of
from branches.calendar.rests import Place, orders_until
from branches.contact import contact
from branches.models import Branch, DeliverySlot
from branches.windows import cutoff_at, starts_at


def home() -> Place:
    """Where deliveries leave from, in degrees north and east."""
    return contact().place


def last_orders(*, slot: DeliverySlot, date: dt.date, branch: Branch | None = None) -> dt.datetime:
    """Until when a window's order is taken, changed or paid: its cut-off, or before a rest the rest.

    By the sunset of `branch`, else of where deliveries leave from.
    """
    cutoff, known = cutoff_at(slot, date), contact()
    if known.kept is None:
        return cutoff
    place = place_of(branch) if branch is not None else known.place
    found = known.kept.rests(start=date - DAY, end=date, place=place)
    return orders_until(starts_at(slot, date), cutoff, found)
