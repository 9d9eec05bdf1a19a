"""What the customer saw is what is ordered: quantities that can be sold, the same lines, the same times."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from branches.errors import InvalidSlot
from cart.errors import QuantityNotAllowed
from cart.selectors import cart_view
from cart.services import set_quantity
from catalog.models import Product
from checkout.errors import CartChanged, SlotChanged
from checkout.quote_bodies import preview_body
from checkout.requests import ExpectedSlot
from checkout.services import preview
from core import clock
from core.errors import DomainError
from orders.models import Order
from tests.shop import Shop

pytestmark = pytest.mark.django_db(transaction=True)


def no_longer_sold_so(shop: Shop, quantity: str = "0.5", step: str = "1") -> tuple[User, Product]:
    """A basket holds an amount of what is now sold in other steps, in pieces where they are 1."""
    user = shop.customer()
    product = shop.product(sold_by="WEIGHT", quantity_step=Decimal("0.25"), size_unit="KG")
    shop.fill(user, {product: quantity})
    Product.objects.filter(pk=product.pk).update(
        sold_by="UNIT" if step == "1" else "WEIGHT", quantity_step=Decimal(step)
    )
    return user, product


def refused(ask: Callable[[], Any], kind: type[DomainError]) -> Any:
    with pytest.raises(kind) as refusal:
        ask()
    return refusal.value.details


@pytest.mark.parametrize(
    ("quantity", "step", "nearest"), [("0.5", "1", 1), ("0.25", "2", 2), ("2.5", "2", 2)]
)
def test_what_cannot_be_sold_in_that_amount_is_not_ordered(
    shop: Shop, quantity: str, step: str, nearest: int
) -> None:
    user, product = no_longer_sold_so(shop, quantity, step)
    wanted = [
        {
            "product_id": product.pk,
            "product_name": product.name,
            "quantity": float(quantity),
            "quantity_step": int(step),
            "nearest": nearest,
        }
    ]
    now = clock.now()

    asked = refused(
        lambda: preview(actor=user, request=shop.request(), now=now), QuantityNotAllowed
    )
    ordered = refused(lambda: shop.confirm(user), QuantityNotAllowed)

    assert asked["items"] == ordered["items"] == wanted
    assert not Order.objects.exists()
    assert shop.taken() == 0
    assert shop.stock(product) == (100, 0)
    assert shop.payments(user) == []


def test_the_basket_tells_and_offers_the_nearest(shop: Shop) -> None:
    user, _product = no_longer_sold_so(shop)

    view = cart_view(actor=user)

    assert view.item_count == 1  # half a piece is still a line
    assert view.items[0].nearest == 1
    assert view.items[0].notice is not None
    assert view.items[0].notice.kind == "warn"


def test_what_fits_again_is_ordered(shop: Shop) -> None:
    user, product = no_longer_sold_so(shop)
    set_quantity(actor=user, product_id=product.pk, quantity=Decimal(1))

    assert shop.confirm(user).order_id


def test_another_basket_of_the_same_total_is_not_ordered(shop: Shop) -> None:
    """Two tabs: the first shows basket A at 160.00, the second makes it B at 160.00."""
    user, a, b = shop.customer(), shop.product(price=160), shop.product(price=160)
    shop.fill(user, {a: 1})
    seen = preview_body(preview(actor=user, request=shop.request(), now=clock.now()))
    set_quantity(actor=user, product_id=a.pk, quantity=Decimal(0))
    set_quantity(actor=user, product_id=b.pk, quantity=Decimal(1))
    request = shop.request(
        expected_total=Decimal(seen["total"]), expected_cart_version=seen["cart_version"]
    )

    refused(lambda: shop.confirm(user, request=request), CartChanged)

    assert not Order.objects.exists()
    assert shop.taken() == 0
    assert shop.payments(user) == []
    again = preview_body(preview(actor=user, request=shop.request(), now=clock.now()))
    request = shop.request(expected_cart_version=again["cart_version"])
    assert shop.confirm(user, request=request).order_id


def test_an_unchanged_basket_keeps_its_version(shop: Shop) -> None:
    user = shop.customer()
    shop.fill(user, {shop.product(): 2, shop.weighed(): "0.5"})
    first = preview_body(preview(actor=user, request=shop.request(), now=clock.now()))
    second = preview_body(preview(actor=user, request=shop.pickup(), now=clock.now()))

    assert first["cart_version"] == second["cart_version"] == cart_view(actor=user).version


def test_a_window_that_moved_is_not_ordered(shop: Shop) -> None:
    user = shop.customer()
    shop.fill(user, {shop.product(): 1})
    seen = preview(actor=user, request=shop.request(), now=clock.now()).slot
    assert seen is not None
    shop.slot.start_time, shop.slot.end_time = dt.time(20), dt.time(22)
    shop.slot.save()
    expected = ExpectedSlot(date=seen.date, start_time=seen.start_time, end_time=seen.end_time)

    details = refused(
        lambda: shop.confirm(user, request=shop.request(expected_slot=expected)), SlotChanged
    )

    assert details["slot"]["start_time"] == "20:00"
    assert not Order.objects.exists()
    assert shop.taken() == 0
    now_seen = replace(expected, start_time=dt.time(20), end_time=dt.time(22))
    assert shop.confirm(user, request=shop.request(expected_slot=now_seen)).order_id


def test_a_window_beyond_four_weeks_is_the_same_to_preview_and_confirm(shop: Shop) -> None:
    user = shop.customer()
    shop.fill(user, {shop.product(): 1})
    far = shop.request(delivery_date=shop.date + dt.timedelta(weeks=4))
    now = clock.now()

    refused(lambda: preview(actor=user, request=far, now=now), InvalidSlot)
    refused(lambda: shop.confirm(user, request=far), InvalidSlot)

    last = shop.request(delivery_date=shop.date + dt.timedelta(weeks=3))
    assert preview(actor=user, request=last, now=now).slot is not None


def test_the_api_tells_and_asks_the_same(shop: Shop, api: Any) -> None:
    user = shop.customer()
    shop.fill(user, {shop.product(price=160): 1})
    body = {
        "fulfillment_type": "DELIVERY",
        "delivery_slot_id": shop.slot.pk,
        "delivery_date": shop.date.isoformat(),
    }
    caller = api(user)
    seen = caller.post("/checkout/preview", body).json()["data"]
    slot = {key: seen["slot"][key] for key in ("date", "start_time", "end_time")}
    body |= {"expected_cart_version": seen["cart_version"], "expected_slot": slot}

    def confirm(key: str, **changed: Any) -> Any:
        return caller.post("/checkout/confirm", body | changed, headers={"Idempotency-Key": key})

    other = confirm("a", expected_cart_version=seen["cart_version"] + 1)
    moved = confirm("b", expected_slot={**slot, "start_time": "06:00", "end_time": "08:00"})
    bad = confirm("c", expected_slot={"date": "soon"})
    done = confirm("d")

    assert (other.status_code, other.json()["error"]["code"]) == (409, "CART_CHANGED")
    assert (moved.status_code, moved.json()["error"]["code"]) == (409, "SLOT_CHANGED")
    assert (bad.status_code, bad.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert done.status_code == 201
