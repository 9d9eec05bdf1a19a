"""One rule says whether a window takes orders; and when a pickup without one can be collected."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import transaction

from branches import selectors
from branches.errors import BranchClosed, InvalidSlot
from branches.locks import lock_dated_slot
from branches.models import Branch, Closure, DatedSlot, PlaceHold
from branches.selectors import pickup_until
from branches.services import check_open, take_place, update_slot
from branches.tests.factories import BranchFactory, DatedSlotFactory, SlotFactory
from core import clock
from core.clock import day_of_week, shop_date, shop_instant
from core.errors import DomainError

pytestmark = pytest.mark.django_db

TUESDAY = dt.date(2026, 11, 24)
MORNING = shop_instant(TUESDAY, dt.time(6))
WEEK = {str(day): ["07:00", "22:00"] for day in (0, 1, 2, 3, 4)} | {"5": ["07:00", "14:00"]}


def at(date: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return shop_instant(date, dt.time(hour, minute))


def close(start: dt.datetime, end: dt.datetime, branch: Branch | None = None) -> Closure:
    return Closure.objects.create(
        branch=branch, starts_at=start, ends_at=end, reason_he="חג", reason_en="Holiday"
    )


def full(dated: DatedSlot) -> None:
    dated.taken = 5
    dated.save()


def lapsed(dated: DatedSlot) -> None:
    dated.slot.cutoff_minutes = 5 * 60
    dated.slot.save()


def closed(dated: DatedSlot) -> None:
    close(at(TUESDAY, 11), at(TUESDAY, 13))


def keep(dated: DatedSlot, until: dt.datetime) -> PlaceHold:
    return PlaceHold.objects.create(
        dated_slot=dated, kind=PlaceHold.Kind.CART, reference=7, until=until
    )


def kept(dated: DatedSlot) -> None:
    dated.capacity_override = 1
    dated.save()
    keep(dated, MORNING + dt.timedelta(hours=1))


def free(dated: DatedSlot) -> None:
    """Nothing stands in the way."""


@pytest.mark.parametrize("state", [full, lapsed, closed, kept, free])
def test_list_check_and_taking_a_place_say_the_same(state: Any) -> None:
    dated = DatedSlotFactory(slot=SlotFactory(capacity=5), date=TUESDAY)
    state(dated)
    [listed] = selectors.available_slots(
        branch_id=dated.slot.branch_id, start=TUESDAY, days=1, now=MORNING
    )

    def refusal(step: Any) -> str:
        try:
            with transaction.atomic():
                row = lock_dated_slot(slot_id=dated.slot_id, date=TUESDAY, now=MORNING)
                step(dated_slot=row, now=MORNING)
        except DomainError as error:
            return error.code
        return ""

    branch = dated.slot.branch_id
    said = refusal(check_open)

    assert refusal(lambda **k: take_place(branch_id=branch, **k)) == said
    assert listed.is_open == (not said)
    names = {"FULL": "SLOT_FULL", "CLOSED": "SLOT_CLOSED", "CUTOFF": "SLOT_CLOSED", "": ""}
    assert names[listed.closed_reason] == said


def test_beyond_four_weeks_windows_are_listed_closed() -> None:
    slot = SlotFactory()
    found = selectors.available_slots(
        branch_id=slot.branch_id, start=TUESDAY + dt.timedelta(days=21), days=28, now=MORNING
    )
    days = {(choice.date - TUESDAY).days: choice for choice in found}

    assert days[28].is_open
    assert (days[35].is_open, days[35].closed_reason) == (False, "NOT_OFFERED")


class TestPickup:
    """Friday is 2026-11-27; the branch is closed on Saturdays."""

    friday = dt.date(2026, 11, 27)

    def test_a_minute_before_closing_it_is_the_next_open_day(self) -> None:
        branch = BranchFactory(opening_hours=WEEK)
        sunday, monday = self.friday + dt.timedelta(days=2), self.friday + dt.timedelta(days=3)
        close(at(sunday, 0), at(monday, 0), branch)

        assert pickup_until(branch=branch, now=at(self.friday, 13, 59)) == at(monday, 22)
        assert pickup_until(branch=branch, now=at(self.friday, 13, 0)) == at(self.friday, 14)
        assert pickup_until(branch=branch, now=at(self.friday, 13, 1)) == at(monday, 22)

    def test_a_closure_cuts_the_day_short(self) -> None:
        branch = BranchFactory(opening_hours=WEEK)
        close(at(TUESDAY, 15), at(TUESDAY, 23))

        assert pickup_until(branch=branch, now=at(TUESDAY, 9)) == at(TUESDAY, 15)
        assert pickup_until(branch=branch, now=at(TUESDAY, 14, 30)) == at(
            TUESDAY + dt.timedelta(days=1), 22
        )

    def test_a_break_at_noon_does_not_end_the_day(self) -> None:
        branch = BranchFactory(opening_hours=WEEK)
        close(at(TUESDAY, 12), at(TUESDAY, 14))

        assert pickup_until(branch=branch, now=at(TUESDAY, 9)) == at(TUESDAY, 22)

    def test_a_branch_closed_for_eight_days_takes_no_pickups(self) -> None:
        branch = BranchFactory(opening_hours=WEEK)
        close(at(TUESDAY, 0), at(TUESDAY + dt.timedelta(days=9), 0), branch)

        with pytest.raises(BranchClosed):
            pickup_until(branch=branch, now=at(TUESDAY, 9))


class TestMovingAWindow:
    def window(self) -> Any:
        date = shop_date(clock.now()) + dt.timedelta(days=3)
        slot = SlotFactory(day_of_week=day_of_week(date))
        return DatedSlotFactory(slot=slot, date=date)

    def moved(self, dated: Any) -> Any:
        changes = {"start_time": dt.time(20), "end_time": dt.time(22)}
        return update_slot(actor=None, slot_id=dated.slot_id, changes=changes)

    def test_a_basket_that_keeps_it_holds_it_in_place(self) -> None:
        dated = self.window()
        hour = clock.now() + dt.timedelta(hours=1)
        hold = keep(dated, hour)

        with pytest.raises(InvalidSlot):
            self.moved(dated)

        dated.slot.refresh_from_db()
        assert dated.slot.start_time == dt.time(10)
        hold.delete()
        assert self.moved(dated).start_time == dt.time(20)
