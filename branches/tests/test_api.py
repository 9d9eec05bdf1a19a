"""Branches and windows through the JSON API."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.tests.factories import person
from branches.tests.factories import BranchFactory
from tests.api_client import refusal
from tests.shop import open_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db):
    return open_shop()


def test_branches(api, shop):
    BranchFactory(is_active=False)
    body = api().get("/branches").json()
    assert [b["id"] for b in body["data"]] == [shop.warehouse.pk, shop.branch.pk]
    assert body["data"][0] == {
        "id": shop.warehouse.pk, "name": shop.warehouse.name_en, "address": "3 HaZait Street",
        "city": "Haifa", "phone": "", "opening_hours": shop.warehouse.opening_hours,
        "is_active": True, "is_delivery_source": True,
    }  # fmt: skip
    assert body["pagination"]["total"] == 2


def test_weekly_plan(api, shop):
    rows = api().get("/delivery-slots").json()["data"]
    assert [(r["start_time"], r["end_time"], r["capacity"]) for r in rows] == [
        ("10:00", "12:00", 50), ("12:00", "14:00", 50)
    ]  # fmt: skip
    other = (shop.slot.day_of_week + 1) % 7
    assert api().get(f"/delivery-slots?dayOfWeek={other}").json()["data"] == []
    assert api().get(f"/delivery-slots?branchId={shop.branch.pk}").json()["data"] == []
    refusal(api().get("/delivery-slots?branchId=999999"), 404, "NOT_FOUND")
    refusal(api().get("/delivery-slots?dayOfWeek=7"), 400, "VALIDATION_ERROR")


def test_available(api, shop):
    rows = api().get("/delivery-slots/available").json()["data"]
    assert [r["date"] for r in rows] == [shop.date.isoformat()] * 2
    assert (
        rows[0] | {"slot_id": shop.slot.pk, "fee": "30.00", "remaining": 50, "is_open": True}
        == (rows[0])
    )
    assert rows[0]["cutoff_at"].endswith("Z")
    assert len(api().get("/delivery-slots/available?days=28").json()["data"]) == 8
    late = shop.date + dt.timedelta(days=1)
    assert api().get(f"/delivery-slots/available?from={late}&days=6").json()["data"] == []


def test_full_ones_are_listed(api, shop):
    shop.slot.dates.create(date=shop.date, taken=50)
    row = api().get("/delivery-slots/available").json()["data"][0]
    assert (row["remaining"], row["is_open"]) == (0, False)


def test_fee_is_what_this_basket_would_pay(api, shop):
    ada = shop.customer()
    shop.fill(ada, {shop.product(): 15})
    assert api(ada).get("/delivery-slots/available").json()["data"][0]["fee"] == "0.00"
    assert api(person("EMPLOYEE")).get("/delivery-slots/available").json()["data"][0]["fee"] == (
        "30.00"
    )


@pytest.mark.parametrize(
    "query", ["days=0", "days=29", "days=x", "from=yesterday", "from=2026-02-30", "from=0001-01-01", "from=9999-12-31", "branchId=0"]
)  # fmt: skip
def test_bad_queries(api, shop, query):
    refusal(api().get(f"/delivery-slots/available?{query}"), 400, "VALIDATION_ERROR")


def test_queries(api, shop, django_assert_num_queries):
    client = api()
    with django_assert_num_queries(3):
        client.get("/delivery-slots/available?days=28")
    with django_assert_num_queries(2):
        client.get("/branches")
