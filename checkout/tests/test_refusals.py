"""Every refusal of confirm by its code, with stock, slot, basket, money and trail as before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps

from accounts.models import Address, User
from branches.models import PlaceHold
from cart.models import Cart, CartItem
from checkout.models import IdempotencyKey, Reservation
from checkout.requests import AddressData, ConfirmRequest
from core.clock import shop_instant
from core.errors import DomainError
from orders.models import Order
from tests.shop import Shop

Ask = Callable[[Shop, User], ConfirmRequest]


@contextmanager
def refused(code: str, **details: Any) -> Iterator[None]:
    """The block is refused with `code`, and nothing at all is different afterwards."""
    before = _everything()
    with pytest.raises(DomainError) as refusal:
        yield
    assert refusal.value.code == code, refusal.value
    for name, value in details.items():
        assert refusal.value.details[name] == value
    assert _everything() == before


def _everything() -> dict[str, Any]:
    stock = apps.get_model("inventory", "Stock").objects.order_by("pk")
    return {
        "stock": list(stock.values_list("pk", "on_hand", "reserved")),
        "movements": apps.get_model("inventory", "StockMovement").objects.count(),
        "taken": list(
            apps.get_model("branches", "DatedSlot")
            .objects.exclude(taken=0)
            .values_list("pk", "taken")
        ),
        "carts": list(Cart.objects.order_by("pk").values_list("pk", "status")),
        "holds": list(PlaceHold.objects.order_by("pk").values_list("reference", "dated_slot")),
        "lines": list(CartItem.objects.order_by("pk").values_list("pk", "quantity")),
        "orders": Order.objects.count(),
        "payments": apps.get_model("payments", "Payment").objects.count(),
        "reservations": Reservation.objects.count(),
        "keys": IdempotencyKey.objects.count(),
        "audit": apps.get_model("audit", "AuditEntry").objects.count(),
        "messages": apps.get_model("notifications", "Message").objects.count(),
    }


@pytest.fixture
def ada(shop: Shop) -> User:
    return shop.customer()


def test_an_empty_basket(shop: Shop, ada: User) -> None:
    with refused("EMPTY_CART"):
        shop.confirm(ada)
    Cart.objects.create(user=ada)
    with refused("EMPTY_CART"):
        shop.confirm(ada)


def test_a_strangers_basket(shop: Shop, ada: User) -> None:
    shop.fill(ada, {shop.product(): 1})
    foreign = shop.fill(shop.customer(), {shop.product(): 1})
    for cart_id in (foreign.pk, 999_999):
        with refused("NOT_FOUND"):
            shop.confirm(ada, request=shop.request(cart_id=cart_id))


def test_more_than_there_is(shop: Shop, ada: User) -> None:
    few, many = shop.product(stock=2), shop.product()
    shop.fill(ada, {few: 3, many: 1})
    missing = [
        {
            "product_id": few.pk,
            "product_name": few.name,
            "requested_quantity": 3,
            "available_quantity": 2,
        }
    ]
    with refused("INSUFFICIENT_STOCK", missing_items=missing):
        shop.confirm(ada)


def test_what_others_were_promised_is_not_there(shop: Shop, ada: User) -> None:
    milk = shop.product(stock=5)
    shop.order(quantities={milk: 4})
    shop.fill(ada, {milk: 2})
    with refused("INSUFFICIENT_STOCK"):
        shop.confirm(ada)


def test_a_key_lives_on_after_an_empty_shelf(shop: Shop, ada: User) -> None:
    milk = shop.product(stock=1)
    shop.fill(ada, {milk: 2})
    with refused("INSUFFICIENT_STOCK"):
        shop.confirm(ada)
    shop.deliver(milk, shop.warehouse, Decimal(1))
    assert shop.confirm(ada).status == "CREATED"


def test_a_product_taken_off_the_shelves(shop: Shop, ada: User) -> None:
    milk = shop.product()
    shop.fill(ada, {milk: 1})
    milk.is_active = False
    milk.save()
    with refused("PRODUCT_INACTIVE", product_ids=[milk.pk]):
        shop.confirm(ada)


def test_another_total_than_the_customer_saw(shop: Shop, ada: User) -> None:
    shop.fill(ada, {shop.product(): 1})
    with refused("PRICE_CHANGED", total="40.00"):
        shop.confirm(ada, request=shop.request(expected_total=Decimal("39.00")))
    shop.confirm(ada, request=shop.request(expected_total=Decimal("40.00")))


def _other_branch(shop: Shop, ada: User) -> ConfirmRequest:
    return shop.pickup(delivery_slot_id=shop.slot.pk, delivery_date=shop.date)


def _past(shop: Shop, ada: User) -> ConfirmRequest:
    return shop.request(delivery_date=shop.date - dt.timedelta(days=7))


def _wrong_day(shop: Shop, ada: User) -> ConfirmRequest:
    return shop.request(delivery_date=shop.date + dt.timedelta(days=1))


def _far_ahead(shop: Shop, ada: User) -> ConfirmRequest:
    return shop.request(delivery_date=shop.date + dt.timedelta(days=35))


@pytest.mark.parametrize("ask", [_other_branch, _past, _wrong_day, _far_ahead])
def test_a_window_that_does_not_exist(shop: Shop, ada: User, ask: Ask) -> None:
    shop.fill(ada, {shop.product(): 1})
    with refused("INVALID_SLOT"):
        shop.confirm(ada, request=ask(shop, ada))


def test_an_unknown_window(shop: Shop, ada: User) -> None:
    shop.fill(ada, {shop.product(): 1})
    with refused("NOT_FOUND"):
        shop.confirm(ada, request=shop.request(delivery_slot_id=999_999))


def test_no_window_for_a_delivery(shop: Shop, ada: User) -> None:
    shop.fill(ada, {shop.product(): 1})
    with refused("SLOT_REQUIRED"):
        shop.confirm(ada, request=shop.request(delivery_slot_id=None, delivery_date=None))


def test_a_full_window(shop: Shop, ada: User) -> None:
    shop.slot.capacity = 1
    shop.slot.save()
    shop.order()
    shop.fill(ada, {shop.product(): 1})
    with refused("SLOT_FULL"):
        shop.confirm(ada)


def test_a_window_kept_by_another_basket_is_full(shop: Shop, ada: User) -> None:
    from cart.services import hold_slot
    from core import clock

    shop.slot.capacity = 1
    shop.slot.save()
    bob = shop.customer()
    for person in (ada, bob):
        shop.fill(person, {shop.product(): 1})
    hold_slot(actor=bob, slot_id=shop.slot.pk, date=shop.date, now=clock.now())
    with refused("SLOT_FULL"):
        shop.confirm(ada)
    assert shop.confirm(bob).status == "CREATED"


def test_a_window_closed_for_a_holiday(shop: Shop, ada: User) -> None:
    apps.get_model("branches", "Closure").objects.create(
        starts_at=shop_instant(shop.date, dt.time(0)),
        ends_at=shop_instant(shop.date, dt.time(23)),
        reason_he="חג",
        reason_en="Holiday",
    )
    shop.fill(ada, {shop.product(): 1})
    with refused("SLOT_CLOSED"):
        shop.confirm(ada)


def test_no_address(shop: Shop) -> None:
    bob = shop.customer(address=False)
    shop.fill(bob, {shop.product(): 1})
    with refused("ADDRESS_REQUIRED"):
        shop.confirm(bob)
    data = AddressData(line1="", city="Haifa")
    with refused("VALIDATION_ERROR"):
        shop.confirm(bob, request=shop.request(address=data))
    data = AddressData(line1="5 Herzl", city="Haifa")
    shop.confirm(bob, request=shop.request(address=data))


def test_a_strangers_address(shop: Shop, ada: User) -> None:
    shop.fill(ada, {shop.product(): 1})
    foreign = Address.objects.get(user=shop.customer())
    with refused("NOT_FOUND"):
        shop.confirm(ada, request=shop.request(address_id=foreign.pk))


def test_an_unknown_branch(shop: Shop, ada: User) -> None:
    shop.fill(ada, {shop.product(): 1})
    with refused("NOT_FOUND"):
        shop.confirm(ada, request=shop.pickup(branch_id=999_999))
    with refused("VALIDATION_ERROR"):
        shop.confirm(ada, request=shop.pickup(branch_id=None))


def test_a_branch_without_the_goods(shop: Shop, ada: User) -> None:
    milk = shop.product(stock=0)
    shop.deliver(milk, shop.warehouse, Decimal(9))
    shop.fill(ada, {milk: 1})
    with refused("INSUFFICIENT_STOCK"):
        shop.confirm(ada, request=shop.pickup())


def test_no_card(shop: Shop) -> None:
    bob = shop.customer(card=None)
    shop.fill(bob, {shop.product(): 1})
    with refused("PAYMENT_REQUIRED"):
        shop.confirm(bob)


def test_a_strangers_card(shop: Shop, ada: User) -> None:
    shop.fill(ada, {shop.product(): 1})
    foreign = apps.get_model("payments", "PaymentToken").objects.get(user=shop.customer())
    for token_id in (foreign.pk, 999_999):
        with refused("PAYMENT_TOKEN_NOT_FOUND"):
            shop.confirm(ada, request=shop.request(payment_token_id=token_id))


def test_a_card_number(shop: Shop, ada: User) -> None:
    shop.fill(ada, {shop.product(): 1})
    with refused("CARD_NUMBER_REFUSED"):
        shop.confirm(ada, request=shop.request(payment=shop.raw_card("4242424242424242")))


@pytest.mark.parametrize(
    "wrong",
    [
        {"fulfillment_type": "DRONE"},
        {"delivery_preference": "CHIMNEY"},
        {"notes": "x" * 501},
        {"delivery_note": "x" * 201},
        {"notes": "a\x00b"},
    ],
)
def test_words_that_cannot_be_kept(shop: Shop, ada: User, wrong: dict[str, str]) -> None:
    shop.fill(ada, {shop.product(): 1})
    with refused("VALIDATION_ERROR"):
        shop.confirm(ada, request=shop.request(**wrong))
