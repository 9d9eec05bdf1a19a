"""Ordering again tells the truth about everything of which less came into the basket."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from catalog.models import Product
from orders.models import Order
from tests.shop import Shop

pytestmark = pytest.mark.django_db(transaction=True)


def ordered(shop: Shop, quantity: str = "0.25") -> tuple[User, Product, Order]:
    ada = shop.customer()
    ada.language = "en"
    ada.save()
    product = shop.product(sold_by="WEIGHT", quantity_step=Decimal("0.25"), size_unit="KG")
    return ada, product, shop.order(ada, {product: quantity})


def again(api: Any, ada: User, order: Order) -> Any:
    answer = api(ada).post(f"/orders/{order.pk}/reorder")
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def test_a_quantity_that_is_no_step_any_more(shop: Shop, api: Any, client: Client) -> None:
    ada, product, order = ordered(shop)
    Product.objects.filter(pk=product.pk).update(quantity_step=Decimal(2))

    data = again(api, ada, order)

    assert data["items"] == []
    assert data["not_added"] == [
        {
            "product_id": product.pk,
            "name": product.name_en,
            "requested_quantity": 0.25,
            "added_quantity": 0,
            "reason": "STEP",
        }
    ]
    assert any(product.name_en in notice for notice in data["notices"])
    client.cookies["mami_language"] = "en"
    client.force_login(ada)
    html = client.post(f"/orders/{order.order_number}/reorder/", follow=True).content.decode()
    assert "sold in other amounts now" in html
    assert "Everything is in the basket again." not in html


def test_a_part_of_it_is_added_and_told(shop: Shop, api: Any) -> None:
    ada, product, order = ordered(shop, "2.5")
    Product.objects.filter(pk=product.pk).update(quantity_step=Decimal(2))

    [told] = again(api, ada, order)["not_added"]

    assert (told["requested_quantity"], told["added_quantity"], told["reason"]) == (2.5, 2, "STEP")


def test_no_more_than_999(shop: Shop, api: Any) -> None:
    ada = shop.customer()
    product = shop.product(stock=2000)
    order = shop.order(ada, {product: 600})
    assert again(api, ada, order)["not_added"] == []

    [told] = again(api, ada, order)["not_added"]

    assert (told["added_quantity"], told["reason"]) == (399, "LIMIT")


def test_sold_out_everywhere(shop: Shop, api: Any) -> None:
    ada, product = shop.customer(), shop.product(stock=0)
    shop.deliver(product, shop.warehouse, Decimal(3))
    order = shop.order(ada, {product: 3})

    [told] = again(api, ada, order)["not_added"]

    assert (told["added_quantity"], told["reason"]) == (0, "SOLD_OUT")


def test_a_note_goes_with_its_line_into_the_order_and_into_the_next_basket(
    shop: Shop, api: Any
) -> None:
    ada, milk, bread = shop.customer(), shop.product(), shop.product()
    shop.fill(ada, {milk: 2, bread: 1})
    line = api(ada).get("/cart").json()["data"]["items"][0]
    api(ada).put(f"/cart/items/{line['id']}", {"note": "the green one"})
    order = Order.objects.get(pk=shop.confirm(ada).order_id)
    told = api(ada).get(f"/orders/{order.pk}").json()["data"]["items"]
    assert [(one["note"], one["price_per"]) for one in told] == [
        ("the green one", "UNIT"),
        ("", "UNIT"),
    ]
    assert [one["note"] for one in again(api, ada, order)["items"]] == ["the green one", ""]
