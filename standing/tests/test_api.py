"""Standing orders in the JSON API: setting up, dates, refusals, what managers see."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Product
from core.clock import day_of_week
from standing.models import StandingOrder
from tests.api_client import refusal

pytestmark = pytest.mark.django_db(transaction=True)


def is_question(sql):
    """Not what the rate limit and the sign-in ask of every call."""
    return "core_cache" not in sql and not sql.startswith(
        ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    )


def body(shop, product, **more):
    return {
        "cadence": "WEEKLY",
        "weekdays": [day_of_week(shop.date)],
        "start_time": f"{shop.slot.start_time:%H:%M}",
        "fulfillment_type": "DELIVERY",
        "items": [{"product_id": product.pk, "quantity": 3}],
        "agree": True,
        **more,
    }


@pytest.mark.quick
def test_from_setting_up_to_the_order(api, shop):
    ada, milk = api(shop.customer()), shop.product()
    made = ada.post("/standing-orders", body(shop, milk, name="The week"))
    assert made.status_code == 201, made.content
    one = made.json()["data"]
    assert one["status"] == "ACTIVE"
    assert one["estimate"]["subtotal"] == "30.00"
    assert len(one["next"]) == 8
    first = one["next"][0]
    assert first["date"] == shop.date.isoformat()
    assert first["window"]["slot_id"] == shop.slot.pk
    assert (first["state"], first["window_kept"], first["editable"]) == ("PLANNED", True, True)
    at = f"/standing-orders/{one['id']}"
    assert [row["name"] for row in ada.get("/standing-orders").json()["data"]] == ["The week"]
    date = f"{at}/occurrences/{first['date']}"
    drafted = ada.post(f"{date}/draft").json()["data"]
    assert (drafted["state"], drafted["items"][0]["notice"]) == ("DRAFT", None)
    lines = [{"product_id": milk.pk, "quantity": 5, "note": "cold"}]
    changed = ada.patch(date, {"items": lines}).json()["data"]
    assert (changed["subtotal"], changed["items"][0]["note"]) == ("50.00", "cold")
    Product.objects.filter(pk=milk.pk).update(price=Decimal("12.00"))
    asked = ada.post(f"{date}/draft").json()["data"]
    assert (asked["state"], asked["price_rise_percent"]) == ("ASKED", 20)
    refusal(ada.post(f"{date}/place"), 409, "PRICE_RISE_NOT_ACCEPTED")
    assert ada.post(f"{date}/accept").json()["data"]["state"] == "DRAFT"
    placed = ada.post(f"{date}/place").json()["data"]
    assert placed["state"] == "PLACED"
    assert placed["order_number"].startswith("MS-")
    assert ada.post(f"{date}/place").json()["data"] == placed
    order = ada.get(f"/orders/{placed['order_id']}").json()["data"]
    assert order["total_amount"] == placed["total"]
    for step in ("skip", "draft", "accept"):
        refusal(ada.post(f"{date}/{step}"), 409, "OCCURRENCE_CLOSED")
    past = ada.get(f"{at}/occurrences?past=true")
    assert past.json()["data"] == []
    assert ada.delete(at).status_code == 204
    refusal(ada.patch(at, {"name": "x"}), 409, "STANDING_ORDER_ENDED")
    assert ada.get(f"/orders/{placed['order_id']}").json()["data"]["status"] == "CREATED"


def test_it_begins_from_an_order_a_list_or_the_basket(api, shop):
    person = shop.customer()
    ada, milk = api(person), shop.product()
    order = shop.order(person, {milk: 2})
    listed = ada.post(f"/orders/{order.pk}/to-list", {"name": "x"}).json()["data"]["id"]
    shop.fill(person, {milk: 4})
    bare = body(shop, milk)
    del bare["items"]
    for source, amount in (
        ({"from_order_id": order.pk}, 2),
        ({"from_list_id": listed}, 2),
        ({"from_cart": True}, 4),
    ):
        one = ada.post("/standing-orders", {**bare, **source}).json()["data"]
        assert [line["quantity"] for line in one["items"]] == [amount]
    refusal(ada.post("/standing-orders", bare), 400, "VALIDATION_ERROR")
    stranger = api(shop.customer())
    theirs = {**bare, "from_order_id": order.pk}
    refusal(stranger.post("/standing-orders", theirs), 404, "NOT_FOUND")


def test_refusals_change_nothing(api, shop, monkeypatch):
    person = shop.customer()
    ada, milk, gone = api(person), shop.product(), shop.product(is_active=False)
    for wrong in (
        {"agree": False}, {"weekdays": [0, 1]}, {"weekdays": []}, {"weekdays": [7]},
        {"weekdays": ["Sunday"]}, {"cadence": "WEEKDAYS", "weekdays": [0, 1, 2, 3, 4, 5, 6]},
        {"lead_days": 7}, {"price_limit_percent": 101}, {"starts_on": "0001-01-01"},
        {"starts_on": "9999-12-31"}, {"starts_on": "2020-01-01"}, {"ends_on": "2020-01-01"},
        {"items": []}, {"items": [{"product_id": milk.pk, "quantity": 1}] * 201},
        {"items": [{"product_id": milk.pk, "quantity": 0.5}]}, {"start_time": None},
        {"items": [{"product_id": milk.pk, "quantity": 1, "note": "a\u202eb"}]},
        {"fulfillment_type": "PICKUP", "branch_id": None}, {"name": "x" * 10_000},
    ):  # fmt: skip
        refusal(
            ada.post("/standing-orders", {**body(shop, milk), **wrong}), 400, "VALIDATION_ERROR"
        )
    asked = lambda **more: ada.post("/standing-orders", body(shop, milk, **more))  # noqa: E731
    refusal(asked(start_time="06:00"), 400, "INVALID_SLOT")
    refusal(asked(items=[{"product_id": gone.pk, "quantity": 1}]), 409, "PRODUCT_INACTIVE")
    refusal(asked(items=[{"product_id": 999999, "quantity": 1}]), 404, "NOT_FOUND")
    refusal(asked(payment_token_id=999999), 404, "PAYMENT_TOKEN_NOT_FOUND")
    refusal(asked(address_id=999999), 404, "NOT_FOUND")
    poor, lost = api(shop.customer(card=None)), api(shop.customer(address=False))
    refusal(poor.post("/standing-orders", body(shop, milk)), 400, "PAYMENT_REQUIRED")
    refusal(lost.post("/standing-orders", body(shop, milk)), 400, "ADDRESS_REQUIRED")
    assert not StandingOrder.objects.exists()
    monkeypatch.setattr("standing.services.keeping.MOST_STANDING", 1)
    made = asked().json()["data"]
    refusal(asked(), 409, "STANDING_ORDER_LIMIT")
    at, stranger = f"/standing-orders/{made['id']}", api(shop.customer())
    date = f"{at}/occurrences/{shop.date}"
    for path in (at, f"{at}/occurrences"):
        refusal(stranger.get(path), 404, "NOT_FOUND")
    for path in (f"{at}/pause", f"{at}/resume", f"{date}/skip", f"{date}/place"):
        refusal(stranger.post(path, {}), 404, "NOT_FOUND")
    refusal(ada.post(f"{at}/occurrences/2026-13-45/skip"), 404, "NOT_FOUND")
    refusal(ada.post(f"{at}/occurrences/2026-01-01/skip"), 404, "NOT_FOUND")
    refusal(ada.post(f"{at}/pause", {"until": "2020-01-01"}), 400, "VALIDATION_ERROR")


def test_eight_dates_of_forty_lines_are_read_in_eight_statements(api, shop):
    ada = api(shop.customer())
    items = [{"product_id": shop.product().pk, "quantity": 1} for _ in range(40)]
    made = ada.post("/standing-orders", body(shop, shop.product(), items=items)).json()["data"]
    for date in [one["date"] for one in made["next"]][:3]:
        ada.post(f"/standing-orders/{made['id']}/occurrences/{date}/draft")
    with CaptureQueriesContext(connection) as asked:
        told = ada.get(f"/standing-orders/{made['id']}").json()["data"]
    assert [len(one["items"]) for one in told["next"]] == [40] * 8
    assert len([one for one in asked if is_question(one["sql"])]) <= 8


def test_managers_see_failures(api, shop):
    person, milk = shop.customer(), shop.product()
    made = api(person).post("/standing-orders", body(shop, milk)).json()["data"]
    mia = api(shop.manager())
    rows = mia.get("/admin/standing-orders?status=ACTIVE").json()["data"]
    assert [(row["id"], row["customer_name"], row["next_state"]) for row in rows] == [
        (made["id"], person.full_name, "PLANNED")
    ]
    assert mia.get(f"/admin/standing-orders?q={person.email}").json()["data"] == rows
    for none in ("status=ENDED", "state=NOT_PLACED", "reason=SLOT_FULL", "dateTo=2020-01-01"):
        assert mia.get(f"/admin/standing-orders?{none}").json()["data"] == []
    refusal(api(shop.employee()).get("/admin/standing-orders"), 403, "PERMISSION_DENIED")
