"""Branches and windows for tests."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import factory

from branches.models import (
    AreaLocality,
    Branch,
    DatedSlot,
    DeliveryArea,
    DeliverySlot,
    Locality,
)
from branches.place_names import beginnings, keys_of

_area_number = itertools.count(1)


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


PLACES = {
    4000: ("חיפה", "Haifa", 282831),
    3000: ("ירושלים", "Jerusalem", 966209),
    2600: ("אילת", "Eilat", 52753),
    5000: ("תל אביב-יפו", "Tel Aviv-Yafo", 467875),
}


def place(code: int, name_he: str = "", name_en: str = "", **values: Any) -> Locality:
    """A locality, by its code alone one of `PLACES`; an existing one is answered again."""
    he, en, people = PLACES.get(code, (name_he, name_en, 0))
    names = [name_he or he, name_en or en, *values.get("aliases", [])]
    made, _new = Locality.objects.get_or_create(
        code=code,
        defaults={
            "name_he": names[0],
            "name_en": names[1],
            "population": people,
            "keys": keys_of(names),
            "beginnings": beginnings(names),
            **values,
        },
    )
    return made


def area(*codes: int, **terms: Any) -> DeliveryArea:
    """An active delivery area over these localities of `PLACES`."""
    n = next(_area_number)
    made = DeliveryArea.objects.create(**{"name_he": f"אזור {n}", "name_en": f"Area {n}", **terms})
    for code in codes:
        AreaLocality.objects.create(area=made, locality=place(code), is_active=made.is_active)
    return made


def jerusalem(**terms: Any) -> DeliveryArea:
    """Jerusalem on the terms of the worked example."""
    usual = {"fee": "40.00", "minimum": "200.00", "free_from": "400.00", "same_day": False}
    return area(3000, **{**usual, **terms})
