"""Windows as shoppers see them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from branches import selectors
from branches.errors import SlotClosed
from branches.models import Closure, Holder, PlaceHold
from branches.tests.factories import BranchFactory, DatedSlotFactory, SlotFactory, warehouse
from core.clock import shop_instant
from core.errors import NotFound, ServiceUnavailable

pytestmark = pytest.mark.django_db

TUESDAY = dt.date(2026, 11, 24)
MORNING = shop_instant(TUESDAY, dt.time(6))


def choice(slot, *, date=TUESDAY, now=MORNING, **kwargs):
    found = selectors.available_slots(
        branch_id=slot.branch_id, start=date, days=1, now=now, **kwargs
    )
    return found[0] if found else None


def test_a_free_window_of_the_week_needs_no_row():
    slot = SlotFactory(fee=Decimal("12.50"))
    found = choice(slot)
    assert found is not None
    assert (found.remaining, found.is_open, found.closed_reason) == (5, True, "")
    assert found.dated_slot_id is None
    assert found.fee == Decimal("12.50")
    assert found.cutoff_at == shop_instant(TUESDAY, dt.time(8))


def test_the_usual_fee_stands_where_a_window_names_none():
    assert choice(SlotFactory()).fee == Decimal("30.00")


def test_taken_places_and_other_baskets_holds_count_but_not_ones_own():
    slot = SlotFactory(capacity=3)
    dated = DatedSlotFactory(slot=slot, date=TUESDAY, taken=1)
    later = MORNING + dt.timedelta(minutes=30)
    mine, other, over = (Holder(PlaceHold.Kind.CART, n) for n in range(3))
    for holder, until in ((mine, later), (other, later), (over, MORNING)):
        PlaceHold.objects.create(
            dated_slot=dated, kind=holder.kind, reference=holder.reference, until=until
        )
    full = choice(slot)
    assert (full.remaining, full.is_open, full.closed_reason) == (0, False, "FULL")
    assert choice(slot, but_for=mine).remaining == 1


def test_an_override_replaces_the_plan_on_its_date_only():
    slot = SlotFactory(capacity=5)
    DatedSlotFactory(slot=slot, date=TUESDAY, capacity_override=0)
    assert choice(slot).closed_reason == "FULL"
    assert choice(slot, date=TUESDAY + dt.timedelta(days=7)).remaining == 5


@pytest.mark.parametrize(
    ("hour", "minute", "reason"), [(7, 59, ""), (8, 0, "CUTOFF"), (9, 59, "CUTOFF")]
)
def test_orders_end_two_hours_before(hour, minute, reason):
    slot = SlotFactory()
    assert choice(slot, now=shop_instant(TUESDAY, dt.time(hour, minute))).closed_reason == reason


def test_a_window_that_began_is_gone():
    assert choice(SlotFactory(), now=shop_instant(TUESDAY, dt.time(10))) is None


@pytest.mark.parametrize("whole_shop", [True, False])
def test_a_closure_closes(whole_shop):
    slot = SlotFactory()
    Closure.objects.create(
        branch=None if whole_shop else slot.branch,
        starts_at=shop_instant(TUESDAY, dt.time(11, 59)),
        ends_at=shop_instant(TUESDAY, dt.time(18)),
        reason_he="חג",
        reason_en="Holiday",
    )
    assert choice(slot).closed_reason == "CLOSED"


def test_another_branches_closure_and_one_that_just_touches_do_not_close():
    slot = SlotFactory()
    for branch, start, end in (
        (BranchFactory(), dt.time(6), dt.time(22)),
        (slot.branch, dt.time(12), dt.time(14)),
        (slot.branch, dt.time(8), dt.time(10)),
    ):
        Closure.objects.create(
            branch=branch,
            starts_at=shop_instant(TUESDAY, start),
            ends_at=shop_instant(TUESDAY, end),
            reason_he="חג",
            reason_en="Holiday",
        )
    assert choice(slot).is_open


def test_inactive_windows_and_branches_are_not_offered():
    assert choice(SlotFactory(is_active=False)) is None
    assert choice(SlotFactory(branch=BranchFactory(is_active=False))) is None


@pytest.mark.parametrize("days", [1, 28])
def test_the_number_of_queries_does_not_grow_with_days(days, django_assert_num_queries):
    branch = BranchFactory()
    for day in range(7):
        SlotFactory(branch=branch, day_of_week=day)
    with django_assert_num_queries(3):
        found = selectors.available_slots(
            branch_id=branch.pk, start=TUESDAY, days=days, now=MORNING
        )
    assert len(found) == days


def test_the_next_open_date_skips_a_full_week():
    slot = SlotFactory()
    DatedSlotFactory(slot=slot, date=TUESDAY, taken=5)
    assert selectors.next_open_date(slot_id=slot.pk, now=MORNING) == TUESDAY + dt.timedelta(days=7)


def test_the_next_open_date_of_nothing():
    with pytest.raises(NotFound):
        selectors.next_open_date(slot_id=404, now=MORNING)
    with pytest.raises(NotFound):
        selectors.next_open_date(slot_id=SlotFactory(is_active=False).pk, now=MORNING)
    with pytest.raises(SlotClosed):
        selectors.next_open_date(slot_id=SlotFactory(capacity=0).pk, now=MORNING)


def test_spring_forward_keeps_the_wall_clock():
    # Israel's clocks go forward on Friday 2027-03-26 at 02:00.
    slot = SlotFactory(day_of_week=5, start_time=dt.time(6), end_time=dt.time(8))
    found = selectors.slot_choice(
        slot_id=slot.pk,
        date=dt.date(2027, 3, 26),
        now=shop_instant(dt.date(2027, 3, 20), dt.time(9)),
    )
    assert found is not None
    assert found.starts_at == dt.datetime(2027, 3, 26, 3, 0, tzinfo=dt.UTC)


def test_the_source_of_deliveries():
    with pytest.raises(ServiceUnavailable):
        selectors.delivery_source()
    branch = warehouse()
    assert selectors.delivery_source() == branch
    assert selectors.branch(branch_id=branch.pk) == branch
    with pytest.raises(NotFound):
        selectors.branch(branch_id=BranchFactory(is_active=False).pk)


def test_closing_time_of_a_pickup_without_window():
    branch = BranchFactory(opening_hours={"2": ["07:00", "20:00"], "4": ["07:00", "14:00"]})
    at = lambda day, hour: shop_instant(day, dt.time(hour))  # noqa: E731
    thursday = dt.date(2026, 11, 26)
    until = lambda branch, now: selectors.pickup_until(branch=branch, now=now)  # noqa: E731
    assert until(branch, at(TUESDAY, 9)) == at(TUESDAY, 20)
    assert until(branch, at(TUESDAY, 20)) == at(thursday, 14)
    assert until(BranchFactory(opening_hours={}), at(TUESDAY, 23)) == at(dt.date(2026, 11, 25), 22)
