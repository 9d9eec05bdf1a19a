"""Places in windows, and what managers change: each refusal with nothing changed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from accounts.tests.factories import person
from audit.selectors import entries
from branches import services
from branches.errors import (
    DeliverySourceRequired,
    DuplicateBranchName,
    InvalidSlot,
    SlotClosed,
    SlotFull,
    SlotOverlap,
)
from branches.locks import lock_dated_slot
from branches.models import Branch, Closure, DatedSlot, DeliverySlot
from branches.tests.factories import BranchFactory, DatedSlotFactory, SlotFactory, warehouse
from core.clock import shop_instant
from core.errors import InvalidInput, NotFound

pytestmark = pytest.mark.django_db

TUESDAY = dt.date(2026, 11, 24)
MORNING = shop_instant(TUESDAY, dt.time(6))


@pytest.fixture
def mia():
    return person("MANAGER", email="mia@mami.test", full_name="Mia", language="he")


def actions(entity_type, entity_id):
    return [e.action for e in entries(entity_type=entity_type, entity_id=entity_id)][::-1]


# -- places -----------------------------------------------------------------------------------


def test_taking_and_giving_back_a_place():
    slot = SlotFactory()
    dated = lock_dated_slot(slot_id=slot.pk, date=TUESDAY, now=MORNING)
    services.take_place(dated_slot=dated, branch_id=slot.branch_id, now=MORNING)
    assert DatedSlot.objects.get().taken == 1
    services.release_place(dated_slot_id=dated.pk)
    assert DatedSlot.objects.get().taken == 0


def test_a_full_window_is_refused():
    dated = DatedSlotFactory(taken=5)
    with pytest.raises(SlotFull):
        services.take_place(dated_slot=dated, branch_id=dated.slot.branch_id, now=MORNING)
    dated.refresh_from_db()
    assert dated.taken == 5


def test_another_branches_window_is_refused():
    dated = DatedSlotFactory()
    with pytest.raises(InvalidSlot):
        services.take_place(dated_slot=dated, branch_id=BranchFactory().pk, now=MORNING)


@pytest.mark.parametrize(
    "date",
    [
        TUESDAY - dt.timedelta(days=7),
        TUESDAY + dt.timedelta(days=1),
        TUESDAY + dt.timedelta(days=35),
    ],
)
def test_a_date_without_the_window_is_refused_and_leaves_no_row(date):
    slot = SlotFactory()
    with pytest.raises(InvalidSlot):
        lock_dated_slot(slot_id=slot.pk, date=date, now=MORNING)
    assert not DatedSlot.objects.exists()


def test_unknown_and_inactive_windows_are_not_found():
    for slot_id in (404, SlotFactory(is_active=False).pk):
        with pytest.raises(NotFound):
            lock_dated_slot(slot_id=slot_id, date=TUESDAY, now=MORNING)


def test_after_the_cutoff_and_in_a_closure_nothing_is_taken():
    dated = DatedSlotFactory()
    late = shop_instant(TUESDAY, dt.time(8))
    with pytest.raises(SlotClosed):
        services.take_place(dated_slot=dated, branch_id=dated.slot.branch_id, now=late)
    Closure.objects.create(
        starts_at=MORNING, ends_at=MORNING + dt.timedelta(days=1), reason_he="חג", reason_en="x"
    )
    with pytest.raises(SlotClosed):
        services.take_place(dated_slot=dated, branch_id=dated.slot.branch_id, now=MORNING)


def test_a_window_ends_its_orders_when_it_says():
    dated = DatedSlotFactory(slot=SlotFactory(cutoff_minutes=14 * 60))
    evening = shop_instant(TUESDAY - dt.timedelta(days=1), dt.time(20))
    take = {"dated_slot": dated, "branch_id": dated.slot.branch_id}
    services.take_place(**take, now=evening - dt.timedelta(seconds=1))
    with pytest.raises(SlotClosed):
        services.take_place(**take, now=evening)


@pytest.mark.parametrize("minutes", [-1, 2881, True, 1.5])
def test_a_cutoff_that_cannot_be(mia, minutes):
    slot = SlotFactory()
    with pytest.raises(InvalidInput) as refusal:
        services.update_slot(actor=mia, slot_id=slot.pk, changes={"cutoff_minutes": minutes})
    assert "cutoff_minutes" in refusal.value.details["fields"]
    slot.refresh_from_db()
    assert slot.cutoff_minutes == 120


# -- branches ---------------------------------------------------------------------------------

DATA = services.BranchData(
    name_he="סניף חדש",
    name_en="New branch",
    address_he="רחוב 1",
    address_en="1 Street",
    city_he="חיפה",
    city_en="Haifa",
)


def test_a_branch_is_opened_and_told(mia):
    branch = services.create_branch(actor=mia, data=DATA)
    assert branch.code == "new-branch"
    assert not branch.is_delivery_source
    assert actions("branch", branch.pk) == ["CREATE"]


def test_a_second_branch_of_that_name_is_refused(mia):
    services.create_branch(actor=mia, data=DATA)
    with pytest.raises(DuplicateBranchName):
        services.create_branch(actor=mia, data=DATA)
    assert Branch.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name_en", "  "),
        ("name_he", "א" * 81),
        ("opening_hours", {"7": ["07:00", "22:00"]}),
        ("opening_hours", {"1": ["22:00", "07:00"]}),
        ("opening_hours", {"1": "always"}),
        ("opening_hours", ["07:00"]),
    ],
)
def test_bad_branch_data_is_refused_by_field(mia, field, value):
    branch = BranchFactory()
    with pytest.raises(InvalidInput) as refusal:
        services.update_branch(actor=mia, branch_id=branch.pk, changes={field: value})
    assert list(refusal.value.details["fields"]) == [field]
    assert not actions("branch", branch.pk)


def test_closing_and_opening_a_branch(mia):
    branch = BranchFactory()
    services.deactivate_branch(actor=mia, branch_id=branch.pk)
    services.deactivate_branch(actor=mia, branch_id=branch.pk)
    services.update_branch(actor=mia, branch_id=branch.pk, changes={"is_active": True})
    assert actions("branch", branch.pk) == ["DEACTIVATE", "ACTIVATE"]


def test_the_delivery_source_stays_open_and_somebody_stays_it(mia):
    source = warehouse()
    with pytest.raises(DeliverySourceRequired):
        services.deactivate_branch(actor=mia, branch_id=source.pk)
    with pytest.raises(DeliverySourceRequired):
        services.update_branch(
            actor=mia, branch_id=source.pk, changes={"is_delivery_source": False}
        )
    source.refresh_from_db()
    assert source.is_active
    assert source.is_delivery_source


def test_the_delivery_source_moves(mia):
    source, other = warehouse(), BranchFactory()
    services.update_branch(actor=mia, branch_id=other.pk, changes={"is_delivery_source": True})
    assert list(Branch.objects.filter(is_delivery_source=True)) == [other]
    assert actions("branch", source.pk) == ["UPDATE"]


def test_a_closed_branch_cannot_become_the_source(mia):
    warehouse()
    closed = BranchFactory(is_active=False)
    with pytest.raises(DeliverySourceRequired):
        services.update_branch(actor=mia, branch_id=closed.pk, changes={"is_delivery_source": True})


# -- the weekly plan --------------------------------------------------------------------------


def new_slot(mia, branch, start=dt.time(8), end=dt.time(10), day=0, **kwargs):
    return services.create_slot(
        actor=mia, branch_id=branch.pk, day_of_week=day, start_time=start, end_time=end, **kwargs
    )


def test_a_window_is_added(mia):
    slot = new_slot(mia, BranchFactory(), fee=Decimal("15.00"))
    assert (slot.capacity, slot.fee) == (30, Decimal("15.00"))
    assert actions("delivery_slot", slot.pk) == ["CREATE"]


@pytest.mark.parametrize(
    ("start", "end", "day"),
    [
        (dt.time(8), dt.time(11), 0),
        (dt.time(5), dt.time(7), 0),
        (dt.time(21), dt.time(23), 0),
        (dt.time(10), dt.time(8), 0),
        (dt.time(8), dt.time(10), 7),
    ],
)
def test_only_two_hours_within_the_day(mia, start, end, day):
    with pytest.raises(InvalidSlot):
        new_slot(mia, BranchFactory(), start, end, day)
    assert not DeliverySlot.objects.exists()


@pytest.mark.parametrize(
    "numbers",
    [{"capacity": -1}, {"capacity": 10_001}, {"fee": Decimal(-1)}, {"fee": Decimal("1.005")}],
)
def test_bad_numbers_are_refused(mia, numbers):
    with pytest.raises(InvalidInput):
        new_slot(mia, BranchFactory(), **numbers)


def test_windows_of_a_branch_do_not_overlap(mia):
    branch = BranchFactory()
    first = new_slot(mia, branch)
    with pytest.raises(SlotOverlap):
        new_slot(mia, branch, dt.time(9), dt.time(11))
    new_slot(mia, BranchFactory(), dt.time(9), dt.time(11))
    services.deactivate_slot(actor=mia, slot_id=first.pk)
    new_slot(mia, branch, dt.time(9), dt.time(11))
    with pytest.raises(SlotOverlap):
        services.activate_slot(actor=mia, slot_id=first.pk)
    first.refresh_from_db()
    assert not first.is_active


def test_a_window_with_coming_orders_keeps_its_time_but_takes_a_new_capacity(mia):
    slot = SlotFactory()
    DatedSlotFactory(slot=slot, date=dt.date(2100, 1, 5), taken=1)
    with pytest.raises(InvalidSlot):
        services.update_slot(
            actor=mia,
            slot_id=slot.pk,
            changes={"start_time": dt.time(12), "end_time": dt.time(14)},
        )
    services.update_slot(actor=mia, slot_id=slot.pk, changes={"capacity": 9})
    slot.refresh_from_db()
    assert (slot.start_time, slot.capacity) == (dt.time(10), 9)
    assert actions("delivery_slot", slot.pk) == ["UPDATE"]


# -- the calendar -----------------------------------------------------------------------------


def test_the_capacity_of_one_date(mia):
    slot = SlotFactory()
    dated = services.set_dated_capacity(
        actor=mia, capacity=2, now=MORNING, slot_id=slot.pk, date=TUESDAY
    )
    assert dated.capacity == 2
    services.set_dated_capacity(actor=mia, capacity=None, now=MORNING, dated_slot_id=dated.pk)
    dated.refresh_from_db()
    assert dated.capacity == 5
    assert actions("dated_slot", dated.pk) == ["UPDATE", "UPDATE"]
    with pytest.raises(InvalidInput):
        services.set_dated_capacity(actor=mia, capacity=-1, now=MORNING, dated_slot_id=dated.pk)


def test_a_closure_is_added_and_removed(mia):
    closure = services.add_closure(
        actor=mia,
        starts_at=MORNING,
        ends_at=MORNING + dt.timedelta(hours=3),
        reason_he="חג",
        reason_en="Holiday",
    )
    services.remove_closure(actor=mia, closure_id=closure.pk)
    assert not Closure.objects.exists()
    assert actions("closure", closure.pk) == ["CREATE", "DELETE"]
    with pytest.raises(NotFound):
        services.remove_closure(actor=mia, closure_id=closure.pk)


def test_a_closure_needs_a_time_and_a_reason(mia):
    with pytest.raises(InvalidInput) as refusal:
        services.add_closure(
            actor=mia, starts_at=MORNING, ends_at=MORNING, reason_he="", reason_en="x"
        )
    assert set(refusal.value.details["fields"]) == {"ends_at", "reason_he"}
    assert not Closure.objects.exists()
