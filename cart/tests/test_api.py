"""The basket through the JSON API."""

from __future__ import annotations

from decimal import Decimal

import pytest

from accounts.tests.factories import person
from cart.models import Cart, CartItem
from catalog.models import Product
from tests.api_client import refusal
from tests.shop import open_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db):
    return open_shop()


@pytest.fixture
def ada(shop):
    return shop.customer()


def put(api, user, product, quantity=1):
    return api(user).post("/cart/items", {"product_id": product.pk, "quantity": quantity})


def test_one_basket_however_often_it_is_read(api, ada):
    first, second = api(ada).get("/cart").json()["data"], api(ada).get("/cart").json()["data"]
    assert first == second
    assert first == {
        "id": Cart.objects.get().pk, "items": [], "item_count": 0, "total_amount": "0.00",
        "free_delivery_gap": "150.00", "notices": [],
    }  # fmt: skip


def test_adding_adds_up(api, shop, ada):
    milk = shop.product()
    assert put(api, ada, milk, 2).status_code == 201
    data = put(api, ada, milk, 3).json()["data"]
    assert data["items"] == [
        {
            "id": CartItem.objects.get().pk, "product_id": milk.pk, "product_name": milk.name_en,
            "product_image": None, "quantity": 5, "unit_price": "10.00", "price_per": "UNIT",
            "line_total": "50.00", "is_available": True, "notice": None,
            "substitution": "BEST_MATCH", "note": "",
        }
    ]  # fmt: skip
    assert (data["item_count"], data["total_amount"], data["free_delivery_gap"]) == (
        5, "50.00", "100.00"
    )  # fmt: skip


def test_weighed_goods(api, shop, ada):
    tomato = shop.weighed()
    line = put(api, ada, tomato, 1.5).json()["data"]["items"][0]
    assert (line["quantity"], line["price_per"]) == (1.5, "KG")
    for wrong in (0.3, 0.25, 0):
        refusal(put(api, ada, tomato, wrong), 400, "VALIDATION_ERROR")
    assert CartItem.objects.get().quantity == Decimal("1.5")


@pytest.mark.parametrize("quantity", [0, -1, 1000, 1.5, "x", None, 1e30, [1], True, "1e400"])
def test_bad_quantity(api, shop, ada, quantity):
    details = refusal(put(api, ada, shop.product(), quantity), 400, "VALIDATION_ERROR")
    assert list(details["fields"]) == ["quantity"]
    assert not CartItem.objects.exists()


def test_price_and_user_cannot_be_assigned(api, shop, ada):
    milk = shop.product()
    body = {
        "product_id": milk.pk,
        "quantity": 1,
        "unit_price": "0.01",
        "price_when_added": 0,
        "user": 1,
    }
    data = api(ada).post("/cart/items", body).json()["data"]
    assert data["items"][0]["unit_price"] == "10.00"


def test_unknown_inactive_sold_out(api, shop, ada):
    refusal(api(ada).post("/cart/items", {"product_id": 999999, "quantity": 1}), 404, "NOT_FOUND")
    gone = shop.product(is_active=False)
    refusal(put(api, ada, gone), 409, "PRODUCT_INACTIVE")
    refusal(put(api, ada, shop.product(stock=0)), 409, "OUT_OF_STOCK_ANYWHERE")
    refusal(
        api(ada).post("/cart/items", {"product_id": 10**25, "quantity": 1}), 400, "VALIDATION_ERROR"
    )
    assert not CartItem.objects.exists()


def test_set_remove_clear(api, shop, ada):
    put(api, ada, shop.product(), 2)
    item = CartItem.objects.get()
    path = f"/cart/items/{item.pk}"
    assert api(ada).put(path, {"quantity": 7}).json()["data"]["item_count"] == 7
    refusal(api(ada).put(path, {"quantity": 0}), 400, "VALIDATION_ERROR")
    refusal(api(ada).put(path, {}), 400, "VALIDATION_ERROR")
    assert api(ada).delete(path).json()["data"]["items"] == []
    refusal(api(ada).delete(path), 404, "NOT_FOUND")
    for _ in range(2):
        assert api(ada).delete("/cart").status_code == 200


def test_strangers_lines_are_not_found(api, shop, ada):
    put(api, ada, shop.product(), 2)
    item = CartItem.objects.get()
    eve = api(shop.customer())
    refusal(eve.put(f"/cart/items/{item.pk}", {"quantity": 9}), 404, "NOT_FOUND")
    refusal(eve.delete(f"/cart/items/{item.pk}"), 404, "NOT_FOUND")
    item.refresh_from_db()
    assert item.quantity == 2


def test_changed_price_is_told(api, shop, ada):
    milk = shop.product()
    put(api, ada, milk, 1)
    Product.objects.filter(pk=milk.pk).update(price=Decimal("12.00"))
    data = api(ada).get("/cart").json()["data"]
    assert data["items"][0]["unit_price"] == "12.00"
    assert "12.00" in data["items"][0]["notice"]
    assert data["notices"]


@pytest.mark.parametrize("role", ["EMPLOYEE", "MANAGER", "ADMIN"])
def test_customers_only(api, shop, role):
    refusal(api(person(role)).get("/cart"), 403, "PERMISSION_DENIED")
    refusal(api().get("/cart"), 401, "NOT_AUTHENTICATED")


def test_queries(api, shop, ada, django_assert_num_queries):
    put(api, ada, shop.product(), 2)
    milk, client = shop.product(), api(ada)
    with django_assert_num_queries(3):
        client.get("/cart")
    with django_assert_num_queries(8):
        client.post("/cart/items", {"product_id": milk.pk, "quantity": 1})


def test_what_to_do_when_it_runs_out_comes_along(api, shop, ada):
    milk = shop.product()
    body = {"product_id": milk.pk, "quantity": 1, "substitution": "CALL_ME"}
    line = api(ada).post("/cart/items", body).json()["data"]["items"][0]
    assert line["substitution"] == "CALL_ME"
    assert put(api, ada, milk).json()["data"]["items"][0]["substitution"] == "CALL_ME"
    body = {"quantity": 3, "substitution": "REFUND"}
    changed = api(ada).put(f"/cart/items/{line['id']}", body).json()["data"]["items"][0]
    assert (changed["quantity"], changed["substitution"]) == (3, "REFUND")
    refused = api(ada).put(f"/cart/items/{line['id']}", {"quantity": 9, "substitution": "MAYBE"})
    assert "substitution" in refusal(refused, 400, "VALIDATION_ERROR")["fields"]
    assert CartItem.objects.get().quantity == 3


def test_a_note_for_the_picker(api, shop, ada):
    milk = shop.product()
    body = {"product_id": milk.pk, "quantity": 1, "note": "the green one"}
    line = api(ada).post("/cart/items", body).json()["data"]["items"][0]
    assert line["note"] == "the green one"
    path = f"/cart/items/{line['id']}"
    for wrong in ("x" * 201, "a\nb", "a\u202eb"):
        details = refusal(
            api(ada).put(path, {"note": wrong, "quantity": 4}), 400, "VALIDATION_ERROR"
        )
        assert list(details["fields"]) == ["note"]
    kept = api(ada).put(path, {"substitution": "REFUND"}).json()["data"]["items"][0]
    assert (kept["quantity"], kept["note"], kept["substitution"]) == (1, "the green one", "REFUND")
    assert api(ada).put(path, {"note": ""}).json()["data"]["items"][0]["note"] == ""
