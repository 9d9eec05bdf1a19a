"""Branches and windows for tests."""

from __future__ import annotations

import datetime as dt
from typing import Any

import factory

from branches.models import Branch, DatedSlot, DeliverySlot


class BranchFactory(factory.django.DjangoModelFactory[Branch]):
    class Meta:
        model = Branch

    code = factory.Sequence(lambda n: f"branch-{n}")
    # Not the words of tests/shop.py, whose branches stand beside these and count by themselves.
    name_he = factory.Sequence(lambda n: f"סניף נוסף {n}")
    name_en = factory.Sequence(lambda n: f"Further branch {n}")
    address_he = "רחוב הזית 3"
    address_en = "3 HaZait Street"
    city_he = "חיפה"
    city_en = "Haifa"
    opening_hours = factory.LazyFunction(lambda: {str(day): ["07:00", "22:00"] for day in range(6)})


class SlotFactory(factory.django.DjangoModelFactory[DeliverySlot]):
    class Meta:
        model = DeliverySlot

    branch = factory.SubFactory(BranchFactory)
    day_of_week = 2
    start_time = dt.time(10)
    end_time = dt.time(12)
    capacity = 5


class DatedSlotFactory(factory.django.DjangoModelFactory[DatedSlot]):
    class Meta:
        model = DatedSlot

    slot = factory.SubFactory(SlotFactory)
    date = dt.date(2026, 11, 24)


def warehouse(**kwargs: Any) -> Branch:
    """The delivery source."""
    return BranchFactory(is_delivery_source=True, **kwargs)
