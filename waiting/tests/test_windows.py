"""The line for a full window: first come, first offered."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.services.leaving import forget_person
from accounts.tests.factories import customer
from branches.errors import InvalidSlot, SlotFull
from branches.models import Branch, DatedSlot, PlaceHold
from branches.services import add_closure, take_place
from branches.tests.factories import BranchFactory, jerusalem
from cart.selectors import place_holder
from cart.services import hold_slot, release_hold
from cart.tests.factories import product, warehouse
from checkout.invariants import ALL
from core.errors import NotFound
from notifications.models import Message
from waiting import personal, selectors, services
from waiting.errors import AlreadyAvailable, AlreadyWaiting, OfferOver, WaitingLimit
from waiting.models import WaitingEntry
from waiting.tests.conftest import DATE, at, full_window

pytestmark = pytest.mark.django_db


def sound(now, monkeypatch) -> None:
    monkeypatch.setattr("core.clock.now", lambda: now)
    rules = [rule for rule in ALL if rule.name.startswith("places of lines")]
    assert [finding for rule in rules for finding in rule.check(None)] == []


def test_two_places_come_free_and_three_wait(line, monkeypatch):
    """A and B are offered them; B takes, A passes, C is offered the one that A let go."""
    a, b, c = line.people
    assert [one.position for user in line.people for one in selectors.waiting_of(
        actor=user, now=at("09:30"))] == [1, 2, 3]  # fmt: skip
    line.free(2)
    assert line.offer(at("10:00")) == 2
    assert line.states() == ["OFFERED", "OFFERED", "WAITING"]
    assert line.of(a).offer_until == at("10:30")
    told = Message.objects.filter(kind="waiting_offer").values_list("user_id", flat=True)
    assert set(told) == {a.pk, b.pk}
    view = line.accept(b, at("10:10"))
    assert view.held is not None
    assert (view.held.date, view.held.expires_at) == (DATE, at("11:10"))
    assert line.accept(b, at("10:11")).held.expires_at == at("11:10"), "twice does no harm"
    sound(at("10:12"), monkeypatch)
    assert line.offer(at("10:29")) == 0
    stranger = customer()
    with pytest.raises(SlotFull):  # the offer is over and the worker has not looked yet
        hold_slot(actor=stranger, slot_id=line.slot.pk, date=DATE, now=at("10:30"))
    with pytest.raises(OfferOver):
        line.accept(a, at("10:30"))
    assert line.offer(at("10:30")) == 1
    assert line.states() == ["PASSED", "TAKEN", "OFFERED"]
    assert line.of(c).offer_until == at("11:00")
    with pytest.raises(OfferOver):
        line.accept(a, at("10:31"))
    sound(at("10:31"), monkeypatch)
    assert [one.state for one in selectors.waiting_of(actor=c, now=at("11:00"))] == ["PASSED"]


def test_who_took_a_place_can_order_while_others_wait(line):
    first = line.people[0]
    line.free()
    line.offer(at("10:00"))
    view = line.accept(first, at("10:01"))
    with transaction.atomic():
        dated = DatedSlot.objects.select_for_update().get(pk=line.dated.pk)
        take_place(
            dated_slot=dated, branch_id=dated.slot.branch_id, now=at("10:02"),
            but_for=place_holder(cart_id=view.id),
        )  # fmt: skip
    assert line.dated.taken == 2


def test_a_job_row_comes_with_the_place_that_came_free(line):
    jobs = ProcrastinateJob.objects.filter(task_name="waiting.offer_places")
    line.free()
    assert [job.args for job in jobs] == [{"dated_slot_id": line.dated.pk}]
    line.offer(at("10:00"))
    line.accept(line.people[0], at("10:01"))
    before = jobs.all().count()
    release_hold(actor=line.people[0], now=at("10:02"))
    assert jobs.all().count() == before + 1
    assert line.offer(at("10:02")) == 1
    services.leave(actor=line.people[1], entry_id=line.of(line.people[1]).pk, now=at("10:03"))
    assert jobs.all().count() > before + 1
    assert line.offer(at("10:03")) == 1
    assert line.states() == ["TAKEN", "CANCELED", "OFFERED"]


def test_nobody_is_woken_and_nobody_overtakes_at_night(line):
    line.free()
    assert line.offer(at("22:00", day=23)) == line.offer(at("06:59")) == 0
    with pytest.raises(SlotFull):
        hold_slot(actor=customer(), slot_id=line.slot.pk, date=DATE, now=at("06:59"))
    assert line.offer(at("07:00")) == 1


def test_from_half_an_hour_before_orders_end_what_is_free_is_open_to_all(line):
    line.free(2)
    assert line.offer(at("13:29")) == 2
    assert line.of(line.people[0]).offer_until == at("13:59")
    quick = customer()
    with pytest.raises(SlotFull):
        hold_slot(actor=quick, slot_id=line.slot.pk, date=DATE, now=at("13:30"))
    assert line.offer(at("13:30")) == 0
    assert line.states() == ["OFFERED", "OFFERED", "ENDED"]
    services.leave(actor=line.people[0], entry_id=line.of(line.people[0]).pk, now=at("13:31"))
    assert hold_slot(actor=quick, slot_id=line.slot.pk, date=DATE, now=at("13:31")).held
    assert (
        not PlaceHold.objects.filter(kind="WAITING")
        .exclude(reference=line.of(line.people[1]).pk)
        .exists()
    )


def test_a_closed_window_is_offered_to_nobody(line):
    line.free()
    add_closure(
        actor=None, starts_at=at("15:00"), ends_at=at("17:00"), reason_he="סגור", reason_en="Closed"
    )
    assert line.offer(at("10:00")) == 0
    with pytest.raises(InvalidSlot):
        services.wait_for_window(actor=customer(), slot_id=line.slot.pk, date=DATE, now=at("10:00"))


def test_what_is_refused_leaves_nothing(line):
    ada = line.people[0]
    ask = {"slot_id": line.slot.pk, "date": DATE}
    stranger = customer()
    count = WaitingEntry.objects.count()
    for refusal, wrong, now in [
        (AlreadyWaiting, {"actor": ada}, "09:00"),
        (NotFound, {"slot_id": 2**40}, "09:00"),
        (InvalidSlot, {"date": DATE + dt.timedelta(days=1)}, "09:00"),
        (InvalidSlot, {}, "13:30"),
        (InvalidSlot, {}, "14:30"),
    ]:
        with pytest.raises(refusal):
            services.wait_for_window(**{"actor": stranger, **ask, **wrong}, now=at(now))
    with pytest.raises(AlreadyAvailable):
        services.wait_for_window(
            actor=stranger, slot_id=line.slot.pk, date=DATE + dt.timedelta(days=7), now=at("09:00")
        )
    for call in (services.leave, services.accept):
        with pytest.raises(NotFound):
            call(actor=stranger, entry_id=line.of(ada).pk, now=at("09:00"))
    with pytest.raises(OfferOver):
        line.accept(ada, at("09:00"))
    assert WaitingEntry.objects.count() == PlaceHold.objects.count() == count


def test_a_window_is_waited_for_wherever_deliveries_leave_from():
    """The branch of an area has lines as the delivery source has."""
    warehouse()
    south = BranchFactory(name_en="Jerusalem south")
    jerusalem(branch=south)
    line = full_window(branch=south, people=2)
    line.free()
    assert line.offer(at("10:00")) == 1
    assert line.accept(line.people[0], at("10:01")).held.slot_id == line.slot.pk
    assert line.states() == ["TAKEN", "WAITING"]


def test_so_is_one_of_pickups_alone(monkeypatch):
    """Who takes the offer has the place in the basket, and fetches the goods there."""
    warehouse()
    shop = BranchFactory(name_en="Carmel")
    line = full_window(branch=shop, people=2)
    first, _second = line.people
    with pytest.raises(AlreadyWaiting):
        services.wait_for_window(actor=first, slot_id=line.slot.pk, date=DATE, now=at("09:01"))
    line.free()
    assert line.offer(at("10:00")) == 1
    held = line.accept(first, at("10:01")).held
    assert (held.slot_id, held.pickup_at, held.expires_at) == (line.slot.pk, shop, at("11:01"))
    assert line.accept(first, at("10:02")).delivery_fee == 0
    assert line.states() == ["TAKEN", "WAITING"]
    sound(at("10:03"), monkeypatch)
    Branch.objects.filter(pk=shop.pk).update(is_active=False)
    with pytest.raises(NotFound):
        services.wait_for_window(actor=customer(), slot_id=line.slot.pk, date=DATE, now=at("10:04"))


def test_thirty_are_enough(line, monkeypatch):
    monkeypatch.setattr("waiting.services.joining.MOST_ENTRIES", 1)
    with pytest.raises(WaitingLimit) as refused:
        services.wait_for_product(
            actor=line.people[0], product_id=product(stock=0).pk, now=at("09:00")
        )
    assert refused.value.details == {"limit": 1}


def test_who_leaves_for_good_takes_the_place_out_of_the_line(line, monkeypatch):
    a, b, _c = line.people
    assert [row["kind"] for row in personal.take_out(user_id=a.pk)["waiting"]] == ["WINDOW"]
    with transaction.atomic():
        forget_person(user_id=a.pk, now=at("09:30"))
    assert not WaitingEntry.objects.filter(user=a).exists()
    line.free()
    line.offer(at("10:00"))
    assert line.of(b).state == "OFFERED"
    sound(at("10:00"), monkeypatch)
    PlaceHold.objects.filter(reference=line.of(b).pk).delete()
    with pytest.raises(AssertionError):
        sound(at("10:00"), monkeypatch)
