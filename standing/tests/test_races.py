"""Dates of standing orders under several workers, several presses, and workers that die."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import transaction

from accounts.locks import lock_user
from accounts.personal_rooms import asked
from accounts.services.leaving import forget_person
from checkout.invariants import ALL
from core import clock, faults
from core.invariants import judge
from notifications.models import Message
from orders.models import Order
from standing import services
from standing.models import Occurrence
from standing.services import ItemData, OccurrenceChange
from standing.services.drafting import draft_due
from standing.services.placing import _order
from standing.tests.conftest import set_up
from tests.races import codes, race

pytestmark = pytest.mark.django_db(transaction=True)


def books_balance():
    assert [verdict.rule.name for verdict in judge(ALL) if not verdict.is_kept] == []


def test_two_workers_order_each_date_once(shop):
    all_of_them = [set_up(shop) for _ in range(3)]
    draft_due(now=clock.now())
    due = max(one.due() for one in all_of_them)
    race([lambda: services.place_due(now=due)] * 2)
    services.place_due(now=due)
    assert [one.one().state for one in all_of_them] == ["PLACED"] * 3
    assert Order.objects.count() == 3
    books_balance()


def test_control_without_the_claim_a_date_is_ordered_twice(weekly):
    """Two workers that both believe the date is theirs, each with a key of its own."""
    services.make_draft(**weekly.key, now=clock.now())
    with pytest.raises(faults.Struck):
        strike("standing_before_confirm", lambda: services.place_now(**weekly.key, now=clock.now()))
    one = weekly.one()
    for attempt in (1, 2):
        claimed = Occurrence.objects.filter(pk=one.pk)
        claimed.update(state="PLACING", attempt=attempt, asked=one.asked, order=None)
        _order(occurrence_id=one.pk, attempt=attempt, by_hand=False, now=clock.now())
    assert Order.objects.count() == 2


def strike(point, action):
    def fail():
        raise faults.Struck

    faults.arm(point, fail)
    try:
        action()
    finally:
        faults.disarm()


def test_place_pressed_six_times(weekly):
    services.make_draft(**weekly.key, now=clock.now())
    press = lambda: services.place_now(**weekly.key, now=clock.now())  # noqa: E731
    found = codes(race([press] * 6))
    assert set(found) <= {"ok", "OCCURRENCE_CLOSED", "BUSY"}
    assert "ok" in found
    assert Order.objects.count() == 1
    books_balance()


def test_placing_beside_skipping(weekly):
    services.make_draft(**weekly.key, now=clock.now())
    place = lambda: services.place_now(**weekly.key, now=clock.now())  # noqa: E731
    skip = lambda: services.skip_occurrence(**weekly.key, now=clock.now())  # noqa: E731
    found = codes(race([place, skip]))
    assert "ok" in found
    assert Order.objects.count() == (weekly.one().state == "PLACED")
    books_balance()


def fewer(weekly):
    items = [ItemData(product_id=weekly.milk.pk, quantity=Decimal(1))]
    services.change_occurrence(**weekly.key, change=OccurrenceChange(items=items), now=clock.now())


def test_placing_beside_editing(weekly):
    """The order has the lines of before or of after, and the date says the same."""
    services.make_draft(**weekly.key, now=clock.now())
    place = lambda: services.place_now(**weekly.key, now=clock.now())  # noqa: E731
    placed, edited = codes(race([place, lambda: fewer(weekly)]))
    assert placed == "ok"
    assert edited in ("ok", "OCCURRENCE_CLOSED")
    [line] = Order.objects.get().items.all()
    assert line.quantity == (1 if edited == "ok" else 3)
    assert weekly.one().items.get().placed_quantity == line.quantity
    books_balance()


def test_control_without_a_look_behind_the_lock_an_edit_comes_too_late(weekly, monkeypatch):
    services.make_draft(**weekly.key, now=clock.now())
    monkeypatch.setattr("standing.services.dates._check_editable", lambda one, now: None)
    monkeypatch.setattr("standing.services.placing.faults.point", lambda name: late(name))

    def late(name):
        if name == "standing_before_confirm":
            fewer(weekly)

    services.place_now(**weekly.key, now=clock.now())
    assert Order.objects.get().items.get().quantity == 3
    assert weekly.one().items.get().wanted_quantity == 1, "an edit that nobody will ever get"


@pytest.mark.parametrize("point", ["standing_before_confirm", "standing_after_confirm"])
def test_a_worker_that_dies_leaves_one_order(weekly, point):
    draft_due(now=clock.now())
    due = weekly.due()
    with pytest.raises(faults.Struck):
        strike(point, lambda: services.place_due(now=due))
    assert weekly.one().state == "PLACING"
    assert services.settle_stranded(now=due + dt.timedelta(seconds=59)) == 0
    assert services.settle_stranded(now=due + dt.timedelta(seconds=60)) == 1
    one = weekly.one()
    assert (one.state, one.order_id) == ("PLACED", Order.objects.get().pk)
    books_balance()


def test_placing_beside_erasure(weekly):
    draft_due(now=clock.now())
    due = weekly.due()

    def erase():
        with transaction.atomic():  # behind the locks that whoever erases takes first
            list(asked("lock", user_id=weekly.ada.pk))
            lock_user(user_id=weekly.ada.pk)
            forget_person(user_id=weekly.ada.pk, now=clock.now())

    found = race([lambda: services.place_due(now=due), erase])
    assert codes(found) == ["ok", "ok"], found
    assert not Occurrence.objects.filter(standing__user=weekly.ada).exists()
    assert not Message.objects.filter(user=weekly.ada, state="FAILED").exists()
