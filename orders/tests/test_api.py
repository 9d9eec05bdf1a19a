"""A customer's orders through the JSON API."""

from __future__ import annotations

import pytest

from orders.models import Order
from tests.api_client import refusal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.quick
def test_whole_order(api, shop):
    ada = shop.customer()
    order = shop.order(ada)
    data = api(ada).get(f"/orders/{order.pk}").json()["data"]
    assert set(data) == {
        "id", "order_number", "status", "fulfillment_type", "branch", "created_at", "subtotal",
        "discount_total", "delivery_fee", "total_amount", "vat", "payment", "delivery", "pickup",
        "delivery_slot", "items", "timeline", "can_cancel", "can_change", "change_until", "version", "amount_due", "changes", "questions",
        "problems", "charges", "charges_total", "attempts", "business_name", "vat_id",
    }  # fmt: skip
    assert data["vat"] == [{"rate": "18.00", "net": "50.85", "vat": "9.15"}]
    assert data["payment"]["authorized"] == "60.00"
    assert data["delivery"]["line1"] == "3 HaZait"
    assert data["delivery_slot"] == {
        "date": shop.date.isoformat(), "start_time": "10:00", "end_time": "12:00"
    }  # fmt: skip
    assert (data["pickup"], data["can_cancel"]) == (None, True)
    assert [t["status"] for t in data["timeline"]] == ["CREATED"]


def test_pickup(api, shop):
    ada = shop.customer()
    order = shop.order(ada, request=shop.pickup())
    data = api(ada).get(f"/orders/{order.pk}").json()["data"]
    assert data["delivery"] is None
    assert data["pickup"]["branch_id"] == shop.branch.pk
    assert len(data["pickup"]["code"]) == 6


def test_list(api, shop):
    ada = shop.customer()
    first, second = shop.order(ada), shop.order(ada)
    shop.order()
    body = api(ada).get("/orders").json()
    assert [o["id"] for o in body["data"]] == [second.pk, first.pk]
    assert body["pagination"]["total"] == 2
    assert api(ada).get("/orders?status=DELIVERED").json()["data"] == []
    both = api(ada).get("/orders?status=DELIVERED&status=CREATED&limit=1").json()
    assert both["pagination"]["has_next"] is True
    refusal(api(ada).get("/orders?status=LOST"), 400, "VALIDATION_ERROR")


def test_strangers(api, shop):
    order = shop.order()
    for person in (shop.customer(), shop.employee(), shop.manager()):
        refusal(api(person).get(f"/orders/{order.pk}"), 404, "NOT_FOUND")
        refusal(api(person).post(f"/orders/{order.pk}/cancel"), 404, "NOT_FOUND")
    refusal(api(shop.customer()).post(f"/orders/{order.pk}/reorder"), 404, "NOT_FOUND")
    refusal(api(shop.employee()).post(f"/orders/{order.pk}/reorder"), 403, "PERMISSION_DENIED")
    refusal(api().get(f"/orders/{order.pk}"), 401, "NOT_AUTHENTICATED")
    assert api(shop.employee()).get("/orders").json()["data"] == []
    admin = api(shop.person("ADMIN"))
    assert admin.get(f"/orders/{order.pk}").status_code == 200
    assert admin.post(f"/orders/{order.pk}/cancel").json()["data"]["status"] == "CANCELED"


def test_cancel(api, shop):
    ada, milk = shop.customer(), shop.product()
    order = shop.order(ada, {milk: 3})
    data = api(ada).post(f"/orders/{order.pk}/cancel").json()["data"]
    assert (data["status"], data["can_cancel"]) == ("CANCELED", False)
    assert shop.stock(milk) == (100, 0)
    assert shop.taken() == 0
    details = refusal(api(ada).post(f"/orders/{order.pk}/cancel"), 409, "ORDER_NOT_CANCELABLE")
    assert details["status"] == "CANCELED"


def test_cancel_only_while_created(api, shop):
    ada = shop.customer()
    order = shop.order(ada)
    Order.objects.filter(pk=order.pk).update(status="IN_PROGRESS")
    refusal(api(ada).post(f"/orders/{order.pk}/cancel"), 409, "ORDER_NOT_CANCELABLE")
    assert shop.taken() == 1


def test_reorder(api, shop):
    ada, milk, gone = shop.customer(), shop.product(), shop.product()
    order = shop.order(ada, {milk: 2, gone: 1})
    gone.is_active = False
    gone.save()
    data = api(ada).post(f"/orders/{order.pk}/reorder").json()["data"]
    assert [(i["product_id"], i["quantity"]) for i in data["items"]] == [(milk.pk, 2)]
    assert any(gone.name_en in notice for notice in data["notices"])


def test_queries(api, shop, django_assert_num_queries):
    ada = shop.customer()
    order = shop.order(ada)
    client = api(ada)
    with django_assert_num_queries(4):
        client.get(f"/orders/{order.pk}")
    with django_assert_num_queries(5):
        client.get("/orders")
    shop.order(ada)
    with django_assert_num_queries(5):
        client.get("/orders")
