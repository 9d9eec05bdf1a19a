"""Days of rest: when a window is closed by them, until when it takes orders, and who may say otherwise."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pytest_django import Settings

from branches import selectors
from branches.calendar.hebrew import hebrew_text, independence_day, passover_of, rest_of
from branches.calendar.reading import kept_around
from branches.calendar_models import CalendarDay, CalendarSettings
from branches.errors import SlotClosed
from branches.locks import lock_dated_slot
from branches.models import Branch, DeliverySlot
from branches.selectors import SlotChoice, hours_of, next_open_date, pickup_until
from branches.services import check_open, take_place
from branches.tests.factories import warehouse
from core.clock import SHOP_TZ, shop_instant

pytestmark = pytest.mark.django_db

FRIDAY, SATURDAY = dt.date(2026, 12, 4), dt.date(2026, 12, 5)
MONDAY = shop_instant(dt.date(2026, 11, 30), dt.time(9))
HOURS = {str(day): ["06:00", "22:00"] for day in range(7)}


@pytest.fixture(autouse=True)
def _kept(settings: Settings) -> None:
    settings.KEEPS_SHABBAT = True


@pytest.fixture
def branch() -> Branch:
    """Haifa, with a window every two hours of every day."""
    made: Branch = warehouse(opening_hours=HOURS)
    DeliverySlot.objects.bulk_create(
        DeliverySlot(
            branch=made, day_of_week=day, start_time=dt.time(hour), end_time=dt.time(hour + 2)
        )
        for day in range(7)
        for hour in range(6, 22, 2)
    )
    return made


def windows(date: dt.date, now: dt.datetime = MONDAY) -> dict[int, SlotChoice]:
    """The windows of a date by the hour they start."""
    found = selectors.available_slots(branch_id=None, start=date, days=1, now=now)
    return {choice.start_time.hour: choice for choice in found}


def before(date: dt.date) -> dt.datetime:
    return shop_instant(date - dt.timedelta(days=4), dt.time(9))


def reasons(date: dt.date) -> list[str]:
    """From 06–08 to 20–22, as they stand some days before."""
    return [choice.closed_reason for choice in windows(date, before(date)).values()]


def clock(instant: dt.datetime) -> str:
    return instant.astimezone(SHOP_TZ).strftime("%d %H:%M")


def test_shabbat(branch: Branch) -> None:
    assert reasons(FRIDAY) == [""] * 4 + ["SHABBAT"] * 4
    saturday = windows(SATURDAY)
    assert reasons(SATURDAY) == ["SHABBAT"] * 6 + [""] * 2
    assert [clock(saturday[hour].cutoff_at) for hour in (18, 20)] == ["04 14:53"] * 2
    assert clock(windows(FRIDAY)[12].cutoff_at) == "04 10:00"
    with translation.override("en"):
        assert windows(SATURDAY)[16].closed_note == "Shabbat, back at 17:19"
        assert windows(FRIDAY)[14].closed_note == "Shabbat"
    assert windows(SATURDAY)[16].closed_note == "שבת, חוזרים ב-17:19"


def test_nobody_picks_on_shabbat(branch: Branch) -> None:
    closes = shop_instant(FRIDAY, dt.time(14, 53))
    assert windows(SATURDAY, closes - dt.timedelta(minutes=1))[20].is_open
    assert windows(SATURDAY, closes)[20].closed_reason == "CUTOFF"
    assert windows(SATURDAY + dt.timedelta(days=1), closes)[6].is_open  # long after the rest


def test_passover_of_2027(branch: Branch) -> None:
    eve = dt.date(2027, 4, 21)
    assert reasons(eve) == [""] * 5 + ["HOLIDAY"] * 3
    assert reasons(eve + dt.timedelta(days=1)) == ["HOLIDAY"] * 7 + [""]
    assert reasons(eve + dt.timedelta(days=2))[6:] == ["SHABBAT"] * 2


def test_new_year_and_shabbat_are_one_rest(branch: Branch) -> None:
    start = dt.date(2027, 9, 29)
    kept, place = kept_around(branch_id=branch.pk, start=start, end=dt.date(2027, 10, 4))
    [rest] = kept.rests(start=start, end=dt.date(2027, 10, 4), place=place)
    assert (rest.closes.date(), rest.opens.date()) == (dt.date(2027, 10, 1), dt.date(2027, 10, 3))
    assert [piece.key for piece in rest.pieces] == ["ROSH_HASHANA"] * 3


@pytest.mark.parametrize(
    ("date", "name"),
    [
        ((2026, 9, 12), "ROSH_HASHANA"), ((2026, 9, 13), "ROSH_HASHANA"),
        ((2026, 9, 21), "YOM_KIPPUR"), ((2026, 9, 26), "SUKKOT"), ((2026, 9, 27), ""),
        ((2026, 10, 3), "SHEMINI_ATZERET"), ((2026, 10, 4), ""), ((2027, 4, 22), "PASSOVER"),
        ((2027, 4, 23), ""), ((2027, 4, 28), "PASSOVER_SEVENTH"), ((2027, 4, 29), ""),
        ((2027, 6, 11), "SHAVUOT"), ((2027, 6, 12), "SHABBAT"), ((2026, 12, 8), ""),
        ((2027, 5, 12), ""), ((2027, 3, 23), ""),
    ],
)  # fmt: skip
def test_days_of_rest(date: tuple[int, int, int], name: str) -> None:
    assert rest_of(dt.date(*date)) == name


def test_independence_day_keeps_away_from_shabbat() -> None:
    found = [independence_day(year).isoformat() for year in range(5784, 5790)]
    assert found == [
        "2024-05-14", "2025-05-01", "2026-04-22", "2027-05-12", "2028-05-02", "2029-04-19",
    ]  # fmt: skip
    assert rest_of(dt.date(2027, 5, 12), independence=True) == "INDEPENDENCE"
    assert passover_of(dt.date(2026, 11, 29)) == (dt.date(2027, 4, 21), dt.date(2027, 4, 28))
    assert hebrew_text(dt.date(2027, 4, 21), language="en") == "14 Nisan 5787"


def test_list_check_and_order_say_the_same(branch: Branch) -> None:
    """On both sides of a rest, and with an exception; taking a place costs what it did."""
    CalendarDay.objects.create(
        date=SATURDAY, opens_at=dt.time(12), reason_en="Fair", reason_he="יריד"
    )
    for date, hour in ((FRIDAY, 12), (FRIDAY, 14), (SATURDAY, 10), (SATURDAY, 12), (SATURDAY, 18)):
        for now in (MONDAY, shop_instant(FRIDAY, dt.time(11)), shop_instant(SATURDAY, dt.time(9))):
            choice = windows(date, now).get(hour)
            if choice is None:
                continue

            def refused(step: Any, *, choice: SlotChoice = choice, now: dt.datetime = now) -> bool:
                try:
                    with transaction.atomic():
                        dated = lock_dated_slot(slot_id=choice.slot_id, date=choice.date, now=now)
                        step(dated_slot=dated, now=now)
                except SlotClosed:
                    return True
                return False

            assert refused(check_open) == (not choice.is_open)
            assert refused(lambda **k: take_place(branch_id=branch.pk, **k)) == (not choice.is_open)
    with (
        transaction.atomic(),
        CaptureQueriesContext(
            connection,
        ) as asked,
    ):
        dated = lock_dated_slot(slot_id=windows(FRIDAY)[12].slot_id, date=FRIDAY, now=MONDAY)
        asked.captured_queries.clear()
        before_it = len(asked)
        take_place(dated_slot=dated, branch_id=branch.pk, now=MONDAY)
        assert len(asked) - before_it == 1


def test_the_next_open_date_is_after_the_rest(branch: Branch) -> None:
    friday_evening = branch.slots.get(day_of_week=5, start_time=dt.time(18))
    with pytest.raises(SlotClosed):
        next_open_date(slot_id=friday_evening.pk, now=MONDAY)
    saturday_noon = branch.slots.get(day_of_week=6, start_time=dt.time(20))
    late = shop_instant(FRIDAY, dt.time(15))
    assert next_open_date(slot_id=saturday_noon.pk, now=late) == dt.date(2026, 12, 12)


def test_pickup_waits_for_the_rest_to_end(branch: Branch) -> None:
    assert clock(pickup_until(branch=branch, now=shop_instant(FRIDAY, dt.time(10)))) == "04 14:53"
    for hour in (14, 20):
        now = shop_instant(FRIDAY, dt.time(hour))
        assert clock(pickup_until(branch=branch, now=now)) == "05 22:00"


def test_hours_as_they_are_on_that_date(branch: Branch) -> None:
    friday, saturday = hours_of(branch=branch, start=FRIDAY, days=2)
    assert [clock(at) for at in friday.pieces[0]] == ["04 06:00", "04 14:53"]
    assert [clock(at) for at in saturday.pieces[0]] == ["05 17:19", "05 22:00"]
    assert saturday.reasons == ["שבת"]


def test_managers_win(branch: Branch) -> None:
    CalendarDay.objects.create(
        date=SATURDAY, is_open=True, reason_he="מלחמה", reason_en="Emergency hours"
    )
    assert reasons(SATURDAY) == [""] * 8
    CalendarDay.objects.create(
        date=FRIDAY, closes_at=dt.time(12), reason_he="ערב חג", reason_en="A short day"
    )
    assert reasons(FRIDAY) == [""] * 3 + ["SHABBAT"] * 5
    with translation.override("en"):
        assert windows(FRIDAY)[12].closed_note == "A short day"
    CalendarSettings.objects.create(
        pk=1, keeps_shabbat=False, independence_day=False, passover_mode="OFF"
    )
    assert reasons(FRIDAY + dt.timedelta(days=7)) == [""] * 8
    assert reasons(FRIDAY)[3] == "HOLIDAY"  # what a manager says of a date needs no Shabbat


def test_sunset_is_that_of_the_branch(branch: Branch) -> None:
    branch.latitude, branch.longitude = "29.55700", "34.95200"  # Eilat
    branch.save()
    kept, place = kept_around(branch_id=branch.pk, start=FRIDAY, end=FRIDAY)
    [rest] = kept.rests(start=FRIDAY, end=FRIDAY, place=place)
    assert clock(rest.closes) == "04 15:00"


def test_the_calendar_costs_no_statement(branch: Branch, settings: Settings) -> None:
    for keeps in (False, True):
        settings.KEEPS_SHABBAT = keeps
        with CaptureQueriesContext(connection) as asked:
            selectors.available_slots(branch_id=None, start=FRIDAY, days=7, now=MONDAY)
        assert len(asked) == 3


@pytest.mark.parametrize("date", [dt.date(1, 1, 1), dt.date(9999, 12, 31)])
def test_the_ends_of_time(branch: Branch, date: dt.date) -> None:
    kept, place = kept_around(branch_id=branch.pk, start=date, end=date)
    assert kept.rests(start=date, end=date, place=place) == ()
