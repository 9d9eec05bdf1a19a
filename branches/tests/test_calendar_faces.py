"""The calendar through the JSON API and the office: told, set, refused, written down."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Role
from accounts.tests.factories import person
from audit.models import AuditEntry
from branches import contact
from branches.calendar_models import CalendarDay, CalendarSettings
from core import clock
from core.clock import shop_date, shop_instant
from tests.api_client import refusal
from tests.shop import Shop, open_shop

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
WORDS = {"reason_he": "בחירות", "reason_en": "Elections"}


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Monday, with Shabbat kept."""
    settings.KEEPS_SHABBAT = True
    monkeypatch.setattr(clock, "now", lambda: shop_instant(dt.date(2026, 11, 30), dt.time(9)))


def test_the_calendar_is_told(api: Any, shop: Shop, frozen: None) -> None:
    rows = api().get("/calendar?from=2026-12-03&days=4").json()["data"]
    assert [row["rest"] for row in rows] == [None, "EVE", "SHABBAT", None]
    assert rows[1] == {
        "date": "2026-12-04", "hebrew_date": "24 Kislev 5787", "rest": "EVE",
        "name": "Eve of Shabbat", "closes_at": "2026-12-04T12:53:00.000Z", "opens_at": None,
    }  # fmt: skip
    assert (rows[2]["closes_at"], rows[2]["opens_at"]) == (None, "2026-12-05T15:19:00.000Z")
    rows = api().get("/calendar?from=2027-10-01&days=3").json()["data"]
    assert [row["rest"] for row in rows] == ["EVE", "HOLIDAY", "HOLIDAY"]
    assert [bool(row["opens_at"]) for row in rows] == [False, False, True]
    assert len(api().get("/calendar?days=60").json()["data"]) == 60
    refusal(api().get("/calendar?days=61"), 400, "VALIDATION_ERROR")
    for date in ("0001-01-01", "9999-12-31"):
        assert api().get(f"/calendar?from={date}&days=60").status_code in (200, 400)


def test_windows_say_why(api: Any, shop: Shop, frozen: None) -> None:
    shop.slot.day_of_week = shop.later_slot.day_of_week = 6
    shop.slot.save()
    row = api().get("/delivery-slots/available?from=2026-12-05&days=1").json()["data"][0]
    assert (row["is_open"], row["closed_reason"]) == (False, "SHABBAT")
    assert row["closed_note"] == "Shabbat, back at 17:19"


def test_how_it_is_kept(api: Any, shop: Shop) -> None:
    mia = api(person(Role.MANAGER))
    usual = {"keeps_shabbat": False, "independence_day": False, "passover_mode": "OFF"}
    assert mia.get("/admin/calendar").json()["data"] == usual
    body = {"keeps_shabbat": True, "passover_mode": "ON"}
    assert mia.patch("/admin/calendar", body).json()["data"] == usual | body
    assert CalendarSettings.objects.get().keeps_shabbat
    [entry] = AuditEntry.objects.filter(entity_type="settings")
    assert entry.new_value == body
    mia.patch("/admin/calendar", body)
    assert AuditEntry.objects.filter(entity_type="settings").count() == 1
    refusal(mia.patch("/admin/calendar", {"passover_mode": "SOON"}), 400, "VALIDATION_ERROR")
    refusal(api(person(Role.EMPLOYEE)).get("/admin/calendar"), 403, "PERMISSION_DENIED")


def test_other_hours_on_a_date(api: Any, shop: Shop) -> None:
    mia = api(person(Role.MANAGER))
    date = shop_date(clock.now()) + DAY * 2
    path = f"/admin/calendar/days/{date}"
    told = mia.put(path, WORDS | {"opens_at": "13:00"}).json()["data"]
    assert told == WORDS | {
        "date": str(date), "closes_at": None, "opens_at": "13:00", "is_open": False
    }  # fmt: skip
    assert mia.put(path, WORDS | {"closes_at": "11:00"}).json()["data"]["opens_at"] is None
    assert [row["date"] for row in mia.get("/admin/calendar/days").json()["data"]] == [str(date)]
    shut = api().get("/delivery-slots/available").json()["data"]
    assert [row["closed_note"] for row in shut] == ["Elections"] * 2
    assert mia.delete(path).status_code == 204
    refusal(mia.delete(path), 404, "NOT_FOUND")
    trail = AuditEntry.objects.filter(entity_type="calendar_day").order_by("pk")
    assert [entry.action for entry in trail] == ["CREATE", "UPDATE", "DELETE"]


@pytest.mark.parametrize(
    ("date", "body", "status", "field"),
    [
        ("9999-12-31", WORDS, 404, ""),
        ("2020-01-01", WORDS, 400, "date"),
        ("today", WORDS, 404, ""),
        ("+1", WORDS | {"is_open": True, "opens_at": "10:00"}, 400, "is_open"),
        ("+1", WORDS | {"closes_at": "10:00", "opens_at": "10:00"}, 400, "opens_at"),
        ("+1", WORDS | {"closes_at": "25:00"}, 400, "closes_at"),
        ("+1", {"reason_en": "Only English"}, 400, "reason_he"),
        ("+1", WORDS | {"reason_en": "x" * 81}, 400, "reason_en"),
        ("+1", WORDS | {"reason_he": "a\u202eb"}, 400, "reason_he"),
    ],
)
def test_what_is_no_exception(
    api: Any, shop: Shop, date: str, body: dict[str, Any], status: int, field: str
) -> None:
    if date == "+1":
        date = str(shop_date(clock.now()) + DAY)
    answer = api(person(Role.MANAGER)).put(f"/admin/calendar/days/{date}", body)
    assert answer.status_code == status
    if field:
        assert field in answer.json()["error"]["details"]["fields"]
    assert not CalendarDay.objects.exists()


def test_pages_tell_of_a_rest_three_days_before(
    shop: Shop, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.KEEPS_SHABBAT = True
    ada, milk = shop.customer(), shop.product()
    shop.fill(ada, {milk: 1})
    client = Client()
    client.force_login(ada)
    client.cookies["mami_language"] = "en"
    at = dt.datetime(2026, 11, 30, 21, 0, tzinfo=dt.UTC)
    pages = (
        "/en/help/delivery/",
        "/cart/",
        "/en/branches/",
        f"/en/branches/{shop.warehouse.code}/",
    )
    for days, said in ((0, ""), (1, "Shabbat: closed from"), (4, "Shabbat: we are back"), (5, "")):
        monkeypatch.setattr(clock, "now", lambda days=days: at + DAY * days)
        contact.remember(contact.read())
        for page in pages:
            text = client.get(page).content.decode()
            assert ("Shabbat:" in text) == bool(said), (days, page)
            assert said in text
            # In the bar and in the foot; basket and branches say it once more.
            assert text.count("Shabbat:") == (0 if not said else 2 if "help" in page else 3)
    hours = client.get(pages[3]).content.decode()
    assert "14:53" in hours or "Shabbat" in hours
