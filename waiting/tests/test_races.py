"""Two workers, an answer at the last second, a stranger at the moment a place comes free."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from django.db import transaction

from accounts.tests.factories import customer
from branches.models import DatedSlot, Holder, PlaceHold
from branches.services import hold_place, release_place
from cart.services import hold_slot
from cart.tests.factories import product
from inventory.models import Stock
from tests.races import codes, longest, race
from waiting import services
from waiting.models import OPEN, State, WaitingEntry
from waiting.tests.conftest import DATE, at, full_window

pytestmark = pytest.mark.django_db(transaction=True)


def live(line, now) -> int:
    """Orders and places kept, but for those who only stand in the line."""
    waiting = WaitingEntry.objects.filter(state=State.WAITING).values("pk")
    holds = PlaceHold.objects.filter(until__gt=now).exclude(kind="WAITING", reference__in=waiting)
    return line.dated.taken + holds.count()


def test_two_workers_offer_two_places_to_two_of_three():
    line = full_window()
    line.free(2)
    now = at("10:00")
    assert sum(race([lambda: line.offer(now)] * 2)) == 2
    assert line.states() == ["OFFERED", "OFFERED", "WAITING"]
    assert live(line, now) == 2


def test_control_without_the_lock_of_the_window_two_workers_offer_one_place_twice():
    line = full_window(people=2)
    line.free()
    now, counted = at("10:00"), threading.Barrier(2)

    def offer_unlocked(place: int) -> None:
        with transaction.atomic():
            dated = DatedSlot.objects.get(pk=line.dated.pk)
            free = dated.capacity - dated.taken
            free -= WaitingEntry.objects.filter(state=State.OFFERED).count()
            counted.wait(longest())
            # As SKIP LOCKED alone would share them out: each worker the next one that is not held.
            entry = WaitingEntry.objects.filter(state__in=OPEN).order_by("pk")[place]
            if free > 0:
                until = at("10:30")
                WaitingEntry.objects.filter(pk=entry.pk).update(
                    state=State.OFFERED, offered_at=now, offer_until=until
                )

    race([lambda place=place: offer_unlocked(place) for place in range(2)])
    assert live(line, now) == 3, "one order and two offers for two places"


def test_an_answer_at_the_moment_the_offer_ends_is_taken_or_passed_on():
    line = full_window(people=2)
    a, b = line.people
    line.free()
    line.offer(at("10:00"))
    took, _made = race([lambda: line.accept(a, at("10:29")), lambda: line.offer(at("10:30"))])
    outcome = codes([took])[0]
    assert (outcome, line.of(a).state, line.of(b).state) in [
        ("ok", "TAKEN", "WAITING"),
        ("OFFER_OVER", "PASSED", "OFFERED"),
    ]
    assert live(line, at("10:29")) == 2


def test_control_without_a_look_behind_the_lock_the_late_answer_takes_a_second_place():
    line = full_window(people=2)
    a, _b = line.people
    line.free()
    line.offer(at("10:00"))
    assert line.of(a).state == State.OFFERED  # looked at before anything was locked
    line.offer(at("10:30"))
    with transaction.atomic():
        hold_place(
            dated_slot=line.dated, holder=Holder(PlaceHold.Kind.CART, a.pk), until=at("11:30")
        )
    assert live(line, at("10:30")) == 3


def test_nobody_overtakes_the_line_at_the_moment_a_place_comes_free():
    line = full_window(people=1)
    now, quick = at("10:00"), customer()
    results = race(
        [
            lambda: line.free(),
            lambda: hold_slot(actor=quick, slot_id=line.slot.pk, date=DATE, now=now),
        ]
    )
    assert codes(results) == ["ok", "SLOT_FULL"]
    assert line.offer(now) == 1


def test_control_without_a_place_in_the_line_the_quick_one_overtakes():
    line = full_window(people=1)
    PlaceHold.objects.filter(kind="WAITING").delete()
    with transaction.atomic():
        release_place(dated_slot_id=line.dated.pk)
    assert hold_slot(actor=customer(), slot_id=line.slot.pk, date=DATE, now=at("10:00")).held
    assert line.offer(at("10:00")) == 0


def test_two_workers_tell_one_wave():
    milk, people = product(stock=0), [customer() for _ in range(4)]
    for user in people:
        services.wait_for_product(actor=user, product_id=milk.pk, now=at("09:00"))
    Stock.objects.filter(product=milk).update(on_hand=Decimal(2))
    told = race(
        [lambda: services.tell_wave(product=milk, available=Decimal(2), now=at("10:00"))] * 2
    )
    assert sorted(told) == [0, 2]


def test_pressed_six_times_one_entry():
    line, ada = full_window(people=0), customer()
    wait = lambda: services.wait_for_window(  # noqa: E731
        actor=ada, slot_id=line.slot.pk, date=DATE, now=at("09:00")
    )
    assert sorted(codes(race([wait] * 6))) == ["ALREADY_WAITING"] * 5 + ["ok"]
    assert PlaceHold.objects.count() == 1
