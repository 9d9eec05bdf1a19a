"""Places that belong to the line for a full window, as far as windows count them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction

from branches import services
from branches.errors import SlotFull
from branches.models import DatedSlot, Holder, PlaceHold
from branches.selectors import reason_closed, slot_choice
from branches.tests.factories import SlotFactory, warehouse
from core.clock import day_of_week

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)
DATE = dt.date(2026, 11, 24)
LATER = NOW + dt.timedelta(hours=5)
LINE, MINE, OTHER = (
    Holder(PlaceHold.Kind.WAITING, 1), Holder(PlaceHold.Kind.CART, 1), Holder(PlaceHold.Kind.CART, 2)
)  # fmt: skip


def window(*, capacity: int, taken: int) -> DatedSlot:
    slot = SlotFactory(branch=warehouse(), day_of_week=day_of_week(DATE), capacity=capacity)
    return DatedSlot.objects.create(slot=slot, date=DATE, taken=taken)


def hold(dated: DatedSlot, holder: Holder, until: dt.datetime = LATER) -> None:
    with transaction.atomic():
        services.hold_place(dated_slot=dated, holder=holder, until=until)


def remaining(dated: DatedSlot, but_for: Holder | None = None) -> int:
    choice = slot_choice(slot_id=dated.slot_id, date=DATE, now=NOW, but_for=but_for)
    assert choice is not None
    return choice.remaining


def test_a_free_place_belongs_to_the_line_and_a_kept_one_to_its_basket():
    dated = window(capacity=2, taken=0)
    hold(dated, MINE)
    hold(dated, LINE)
    assert remaining(dated) == remaining(dated, OTHER) == 0
    assert reason_closed(dated_slot=dated, now=NOW, but_for=OTHER) == "FULL"
    assert remaining(dated, MINE) == 2
    assert not reason_closed(dated_slot=dated, now=NOW, but_for=MINE)
    place = {"dated_slot": dated, "branch_id": dated.slot.branch_id, "now": NOW}
    with transaction.atomic():
        for holder in (None, OTHER):
            with pytest.raises(SlotFull):
                services.take_place(**place, but_for=holder)
        services.take_place(**place, but_for=MINE)
        assert services.free_for_line(dated_slot=dated, now=NOW) == 0  # MINE is not let go yet
    assert remaining(dated, LINE) == 0, "a basket keeps the other place"


def test_a_line_that_is_longer_than_what_is_free_takes_no_more_than_that():
    dated = window(capacity=3, taken=1)
    hold(dated, MINE)
    for number in range(5):
        hold(dated, Holder(PlaceHold.Kind.WAITING, number))
    assert remaining(dated) == 0
    with transaction.atomic():
        assert services.free_for_line(dated_slot=dated, now=NOW) == 1
        services.take_place(dated_slot=dated, branch_id=dated.slot.branch_id, now=NOW, but_for=MINE)
    over = Holder(PlaceHold.Kind.CART, 9)
    hold(dated, over, until=NOW)
    assert remaining(dated, over) == 0, "a hold that is over keeps nothing"


def test_who_gives_a_place_back_tells_the_line_and_only_then(monkeypatch):
    told: list[int] = []
    monkeypatch.setattr(services.line, "WHEN_FREED", [told.append])
    dated, other = (
        window(capacity=1, taken=1),
        DatedSlot.objects.create(
            slot=SlotFactory(day_of_week=day_of_week(DATE)), date=DATE, taken=1
        ),
    )
    with transaction.atomic():
        services.release_place(dated_slot_id=other.pk)
    hold(dated, MINE)
    assert told == []
    hold(dated, LINE)
    with transaction.atomic():
        services.release_place(dated_slot_id=dated.pk)
        assert services.release_holds(kind=PlaceHold.Kind.CART, references=[1, 7]) == 1
    hold(dated, MINE)
    hold(other, MINE)
    assert told == [dated.pk] * 3
    dated.refresh_from_db()
    assert dated.taken == 0


def test_a_place_that_is_being_ordered_counts_once_and_is_kept_again_when_it_fails():
    """Two baskets keep the two places of a window; neither is in the other's way while it pays."""
    dated = window(capacity=2, taken=0)
    for holder in (MINE, OTHER):
        hold(dated, holder)

    def take(holder):
        with transaction.atomic():
            row = DatedSlot.objects.select_for_update().get(pk=dated.pk)
            services.take_place(
                dated_slot=row, branch_id=dated.slot.branch_id, now=NOW, but_for=holder,
                ordered_as=holder.reference,
            )  # fmt: skip

    take(MINE)
    assert remaining(dated) == 0
    assert remaining(dated, OTHER) == 1
    take(OTHER)
    with transaction.atomic():
        services.release_place(dated_slot_id=dated.pk, ordered_as=MINE.reference)
    assert (remaining(dated), remaining(dated, MINE)) == (0, 1)
    PlaceHold.objects.filter(reference=MINE.reference).update(ordered_as=None)
    PlaceHold.objects.filter(reference=OTHER.reference).update(ordered_as=None)
    with pytest.raises(SlotFull):  # the control: what counts twice is in the other's way
        take(MINE)
