"""A window of two places, both gone, and people who would like one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from accounts.tests.factories import customer
from branches.models import Branch, DatedSlot, DeliverySlot
from branches.services import lock_dated_slot, release_place
from branches.tests.factories import SlotFactory
from cart.tests.factories import warehouse
from core.clock import SHOP_TZ, day_of_week
from waiting import services
from waiting.models import WaitingEntry

DATE = dt.date(2026, 11, 24)
"""A Tuesday; its window is from 16 to 18, orders for it until 14:00."""


def at(clock: str, *, day: int = 24) -> dt.datetime:
    """An instant by the shop's clock in November 2026."""
    return dt.datetime.combine(dt.date(2026, 11, day), dt.time.fromisoformat(clock), tzinfo=SHOP_TZ)


@dataclass(kw_only=True)
class Line:
    """`people` in the line of a full window, in their order."""

    slot: DeliverySlot
    people: list[User]

    @property
    def dated(self) -> DatedSlot:
        return DatedSlot.objects.get(slot=self.slot)

    def of(self, user: User) -> WaitingEntry:
        return WaitingEntry.objects.filter(user=user).latest("pk")

    def states(self) -> list[str]:
        return [self.of(user).state for user in self.people]

    def free(self, places: int = 1) -> None:
        with transaction.atomic():
            for _ in range(places):
                release_place(dated_slot_id=self.dated.pk)

    def offer(self, now: dt.datetime) -> int:
        return services.offer_places(dated_slot_id=self.dated.pk, now=now)

    def accept(self, user: User, now: dt.datetime) -> Any:
        return services.accept(actor=user, entry_id=self.of(user).pk, now=now)


def full_window(*, capacity: int = 2, people: int = 3, branch: Branch | None = None) -> Line:
    """Of the delivery source, unless another branch is named."""
    slot = SlotFactory(
        branch=branch or warehouse(),
        day_of_week=day_of_week(DATE),
        start_time=dt.time(16),
        end_time=dt.time(18),
        capacity=capacity,
    )
    with transaction.atomic():
        dated = lock_dated_slot(slot_id=slot.pk, date=DATE, now=at("09:00"))
        DatedSlot.objects.filter(pk=dated.pk).update(taken=capacity)
    line = Line(slot=slot, people=[customer() for _ in range(people)])
    for user in line.people:
        services.wait_for_window(actor=user, slot_id=slot.pk, date=DATE, now=at("09:00"))
    return line


@pytest.fixture
def line(db: None) -> Line:
    return full_window()
