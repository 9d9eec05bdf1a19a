"""The demo branches and their weekly plan. Adds what is missing, changes nothing that is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from branches.models import Branch, DeliverySlot

SLOT_STARTS = tuple(dt.time(hour) for hour in range(6, 22, 2))
WAREHOUSE_CAPACITY = 30
SHOP_CAPACITY = 12


def seed_branches(*, branches: Iterable[Mapping[str, Any]]) -> int:
    """Add the branches whose code is unknown; returns how many."""
    known = set(Branch.objects.values_list("code", flat=True))
    has_source = Branch.objects.filter(is_delivery_source=True).exists()
    new = [Branch(**fields) for fields in branches if fields["code"] not in known]
    for branch in new:
        branch.is_delivery_source = branch.is_delivery_source and not has_source
    return len(Branch.objects.bulk_create(new))


def seed_slots() -> int:
    """Give every branch that has no weekly plan a window every two hours; returns how many."""
    without = Branch.objects.filter(slots__isnull=True)
    slots = [
        DeliverySlot(
            branch=branch,
            day_of_week=day,
            start_time=start,
            end_time=dt.time(start.hour + 2),
            capacity=WAREHOUSE_CAPACITY if branch.is_delivery_source else SHOP_CAPACITY,
        )
        for branch in without
        for day in range(7)
        for start in SLOT_STARTS
    ]
    return len(DeliverySlot.objects.bulk_create(slots))
