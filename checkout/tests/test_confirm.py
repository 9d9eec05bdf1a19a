"""Ordering a basket: what is written, what it costs, what a key stands for."""

import datetime as dt
from decimal import Decimal

import pytest

from cart.errors import EmptyCart
from cart.models import Cart
from checkout import idempotency
from checkout.errors import (
    CartAlreadyOrdered,
    IdempotencyInProgress,
)
from checkout.models import IdempotencyKey, Reservation
from core import clock
from core.errors import IdempotencyKeyReuseMismatch, MissingIdempotencyKey
from orders.models import Order
from tests.shop import Shop, during_payment


def test_an_order_is_written_whole(shop: Shop) -> None:
    ada, milk, tomatoes = shop.customer(), shop.product(), shop.weighed()
    shop.fill(ada, {milk: 3, tomatoes: "1.5"})

    result = shop.confirm(ada)

    order = Order.objects.get(pk=result.order_id)
    assert order.subtotal == Decimal("43.35")
    assert order.delivery_fee == Decimal("30.00")
    assert order.total_amount == Decimal("73.35")
    assert result.body() == {
        "order_id": order.pk,
        "order_number": order.order_number,
        "status": "CREATED",
        "total_paid": "73.35",
        "total_amount": "73.35",
        "payment_status": "AUTHORIZED",
        "payment_reference": shop.payments(ada)[0].provider_reference,
    }
    assert {(item.product_id, item.quantity, item.line_total) for item in order.items.all()} == {
        (milk.pk, Decimal(3), Decimal("30.00")),
        (tomatoes.pk, Decimal("1.5"), Decimal("13.35")),
    }
    assert order.delivery.line1 == "3 HaZait"
    assert order.dated_slot is not None
    assert order.dated_slot.date == shop.date
    assert [change.status for change in order.timeline.all()] == ["CREATED"]
    assert shop.stock(milk) == (Decimal(100), Decimal(3))
    assert shop.stock(tomatoes) == (Decimal(100), Decimal("1.5"))
    assert shop.taken() == 1
    assert Cart.objects.get(pk=order.cart_id).status == "CHECKED_OUT"


def test_the_trail_tells_the_story(shop: Shop) -> None:
    ada, milk = shop.customer(), shop.product()
    shop.fill(ada, {milk: 3})
    before = len(shop.audit())

    shop.confirm(ada)

    rows = [(row.entity_type, row.action) for row in shop.audit()[before:]]
    assert sorted(rows) == [("order", "CREATE"), ("payment", "CREATE"), ("stock", "RESERVE")]
    reserved = shop.audit(action="RESERVE")[0]
    assert reserved.old_value == {"on_hand": "100.000", "reserved": "0.000"}
    assert reserved.new_value == {"on_hand": "100.000", "reserved": "3.000"}


def test_nothing_personal_stays_in_the_reservation(shop: Shop) -> None:
    ada = shop.customer()
    shop.order(ada)
    assert Reservation.objects.get(user=ada).details == {}


def test_free_delivery_begins_at_its_threshold(shop: Shop) -> None:
    ada, dear = shop.customer(), shop.product(price=Decimal("150.00"))
    shop.fill(ada, {dear: 1})
    assert shop.confirm(ada).total_paid == "150.00"


def test_just_below_the_threshold_pays_the_fee(shop: Shop) -> None:
    ada, dear = shop.customer(), shop.product(price=Decimal("149.99"))
    shop.fill(ada, {dear: 1})
    assert shop.confirm(ada).total_paid == "179.99"


def test_a_window_may_name_its_own_fee(shop: Shop) -> None:
    shop.slot.fee = Decimal("12.00")
    shop.slot.save()
    ada = shop.customer()
    shop.fill(ada, {shop.product(): 1})
    assert shop.confirm(ada).total_paid == "22.00"


def test_a_pickup_is_free_and_leaves_from_its_branch(shop: Shop) -> None:
    ada, milk = shop.customer(address=False), shop.product()
    shop.fill(ada, {milk: 2})

    order = Order.objects.get(pk=shop.confirm(ada, request=shop.pickup()).order_id)

    assert order.total_amount == Decimal("20.00")
    assert order.branch == shop.branch
    assert len(order.pickup.code) == 6
    assert shop.stock(milk, shop.branch) == (Decimal(100), Decimal(2))
    assert shop.stock(milk) == (Decimal(100), Decimal(0))


def test_zero_rated_goods_carry_no_vat_but_the_fee_does(shop: Shop) -> None:
    ada, apples = shop.customer(), shop.product(vat_class_id="ZERO")
    shop.fill(ada, {apples: 1})
    order = Order.objects.get(pk=shop.confirm(ada).order_id)
    assert order.vat_total == Decimal("4.58")


def test_what_is_added_while_paying_is_kept_for_the_next_order(shop: Shop) -> None:
    ada, milk, bread = shop.customer(), shop.product(), shop.product()
    cart = shop.fill(ada, {milk: 1})
    with during_payment(shop, lambda: shop.fill(ada, {bread: 2})):
        order = Order.objects.get(pk=shop.confirm(ada).order_id)

    assert [item.product_id for item in order.items.all()] == [milk.pk]
    fresh = Cart.objects.get(user=ada, status="ACTIVE")
    assert fresh.pk != cart.pk
    assert [(line.product_id, line.quantity) for line in fresh.items.all()] == [(bread.pk, 2)]


def test_a_price_change_while_paying_does_not_change_the_order(shop: Shop) -> None:
    ada, milk = shop.customer(), shop.product()
    shop.fill(ada, {milk: 1})

    def dearer() -> None:
        milk.price = Decimal("99.00")
        milk.save()

    with during_payment(shop, dearer):
        assert shop.confirm(ada).total_paid == "40.00"


class TestKeys:
    def test_the_same_request_again_is_the_same_answer(self, shop: Shop) -> None:
        ada = shop.customer()
        shop.fill(ada, {shop.product(): 1})
        first = shop.confirm(ada)
        again = shop.confirm(ada)
        assert again.replayed
        assert not first.replayed
        assert list(again.body().items()) == list(first.body().items())
        assert Order.objects.count() == 1

    def test_another_body_with_the_same_key_is_refused(self, shop: Shop) -> None:
        ada = shop.customer()
        shop.fill(ada, {shop.product(): 1})
        shop.confirm(ada)
        with pytest.raises(IdempotencyKeyReuseMismatch):
            shop.confirm(ada, request=shop.request(notes="ring twice"))
        assert Order.objects.count() == 1

    def test_keys_of_two_people_never_meet(self, shop: Shop) -> None:
        milk = shop.product()
        for person in (shop.customer(), shop.customer()):
            shop.fill(person, {milk: 1})
            assert not shop.confirm(person, key="same").replayed

    @pytest.mark.parametrize("key", ["", "x" * 129, "a b", "מפתח", "a\n"])
    def test_a_malformed_key_is_no_key(self, shop: Shop, key: str) -> None:
        ada = shop.customer()
        shop.fill(ada, {shop.product(): 1})
        with pytest.raises(MissingIdempotencyKey):
            shop.confirm(ada, key=key)
        assert not IdempotencyKey.objects.exists()

    def test_128_characters_are_a_key(self, shop: Shop) -> None:
        ada = shop.customer()
        shop.fill(ada, {shop.product(): 1})
        assert shop.confirm(ada, key="~" * 128).status == "CREATED"

    def test_a_running_request_is_not_overtaken(self, shop: Shop) -> None:
        ada = shop.customer()
        shop.fill(ada, {shop.product(): 1})
        seen: list[str] = []

        def knock() -> None:
            with pytest.raises(IdempotencyInProgress) as refusal:
                shop.confirm(ada)
            seen.append(refusal.value.code)
            with pytest.raises(IdempotencyKeyReuseMismatch):
                shop.confirm(ada, request=shop.request(notes="other"))
            with pytest.raises(CartAlreadyOrdered) as taken:
                shop.confirm(ada, key="another")
            assert taken.value.details == {}

        with during_payment(shop, knock):
            shop.confirm(ada)
        assert seen == ["IDEMPOTENCY_IN_PROGRESS"]
        assert Order.objects.count() == 1

    def test_the_ordered_basket_makes_no_second_order(self, shop: Shop) -> None:
        ada = shop.customer()
        cart = shop.fill(ada, {shop.product(): 1})
        first = shop.confirm(ada)
        with pytest.raises(CartAlreadyOrdered) as refusal:
            shop.confirm(ada, key="second", request=shop.request(cart_id=cart.pk))
        assert refusal.value.details == {"order_number": first.order_number}
        with pytest.raises(EmptyCart):
            shop.confirm(ada, key="second")

    def test_keys_are_forgotten_after_a_day(self, shop: Shop) -> None:
        ada = shop.customer()
        shop.order(ada)
        assert idempotency.clean_up(now=clock.now()) == 0
        assert idempotency.clean_up(now=clock.now() + dt.timedelta(hours=25)) == 1
        assert Order.objects.count() == 1
