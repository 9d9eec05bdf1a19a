"""The demo branches and their weekly plan. Adds what is missing, changes nothing that is there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from branches.models import Branch, DeliveryArea, DeliverySlot
from branches.services import create_area, import_localities

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


HAIFA = (4000, 2500, 2100, 6800, 7600, 8200, 9500, 9600)
CENTRE = (5000, 6400, 7400, 6500, 8700, 6900, 7900, 8600, 6300, 6100, 6200, 6600, 8300)
AREAS: tuple[dict[str, Any], ...] = (
    {"name_he": "חיפה והקריות", "name_en": "Haifa and the bay", "localities": HAIFA},
    {"name_he": "השרון והמרכז", "name_en": "The coast and the centre", "localities": CENTRE},
    {
        "name_he": "ירושלים", "name_en": "Jerusalem", "localities": (3000,), "fee": Decimal("40.00"),
        "minimum": Decimal("200.00"), "free_from": Decimal("400.00"), "same_day": False,
    },
    {
        "name_he": "באר שבע", "name_en": "Be'er Sheva", "localities": (9000,),
        "fee": Decimal("45.00"), "minimum": Decimal("250.00"), "free_from": Decimal("400.00"),
        "same_day": False,
    },
)  # fmt: skip


def seed_localities(*, folder: Path) -> int:
    """The places of the project's own list; returns how many are new."""
    return import_localities(path=folder / "localities.csv").added


def seed_areas() -> int:
    """The demo areas, for a shop that has none; returns how many. Whoever has drawn some is left alone."""
    if DeliveryArea.objects.exists():
        return 0
    for values in AREAS:
        create_area(actor=None, values=values)
    return len(AREAS)
