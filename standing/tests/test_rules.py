"""On which days standing orders come, and when they are put together and ordered."""

from __future__ import annotations

import datetime as dt
import itertools
from types import SimpleNamespace

import pytest

from branches.models import DeliverySlot
from core.clock import SHOP_TZ
from standing.rules import dates_of, draft_at, place_at


def dates(cadence, weekdays, start, count=4, ends=None, after=None):
    start = dt.date.fromisoformat(start)
    rule = SimpleNamespace(cadence=cadence, weekdays=weekdays, starts_on=start, ends_on=ends)
    found = dates_of(rule, after=after or start - dt.timedelta(days=1))
    return [f"{date:%Y-%m-%d}" for date in itertools.islice(found, count)]


@pytest.mark.parametrize(
    ("cadence", "weekdays", "start", "expected"),
    [
        ("WEEKLY", [2], "2026-12-01", ["2026-12-01", "2026-12-08", "2026-12-15", "2026-12-22"]),
        ("BIWEEKLY", [3], "2026-12-02", ["2026-12-02", "2026-12-16", "2026-12-30", "2027-01-13"]),
        ("MONTHLY", [2], "2026-12-08", ["2026-12-08", "2027-01-12", "2027-02-09", "2027-03-09"]),
        ("MONTHLY", [0], "2026-11-29", ["2026-11-29", "2026-12-27", "2027-01-31", "2027-02-28"]),
        (
            "WEEKDAYS",
            [0, 3],
            "2026-12-01",
            ["2026-12-02", "2026-12-06", "2026-12-09", "2026-12-13"],
        ),
    ],
)
def test_the_days_of_a_rule(cadence, weekdays, start, expected):
    assert dates(cadence, weekdays, start) == expected


def test_it_ends_when_it_says_so_and_goes_on_from_where_it_was():
    assert dates("WEEKLY", [2], "2026-12-01", ends=dt.date(2026, 12, 8)) == [
        "2026-12-01", "2026-12-08"
    ]  # fmt: skip
    after = dt.date(2026, 12, 9)
    assert dates("BIWEEKLY", [3], "2026-12-02", count=1, after=after) == ["2026-12-16"]


def test_it_is_drafted_two_mornings_before_and_ordered_the_evening_before():
    tuesday = dt.date(2026, 12, 8)
    slot = DeliverySlot(start_time=dt.time(16), end_time=dt.time(18), cutoff_minutes=120)
    local = lambda instant: f"{instant.astimezone(SHOP_TZ):%a %H:%M}"  # noqa: E731
    assert local(draft_at(tuesday, 2)) == "Sun 08:00"
    assert local(place_at(slot, tuesday)) == "Mon 20:00"
    early = DeliverySlot(start_time=dt.time(6), end_time=dt.time(8), cutoff_minutes=120)
    assert local(place_at(early, tuesday)) == "Mon 20:00"
    slow = DeliverySlot(start_time=dt.time(6), end_time=dt.time(8), cutoff_minutes=720)
    assert local(place_at(slow, tuesday)) == "Mon 17:00"
    assert local(place_at(None, tuesday)) == "Tue 06:00"
