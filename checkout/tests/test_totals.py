"""What costs nothing is an order without a card; what costs too much is refused before anything."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import override_settings

from billing.models import Document
from checkout.invariants import ALL
from checkout.services import preview
from core import clock
from notifications.models import Message
from orders import services
from orders.errors import OrderTooLarge
from orders.models import Order
from orders.tests.test_transitions import move, picked
from tests.shop import Shop


def free_order(shop: Shop) -> Order:
    """0.01 a kg × 0.1 kg, picked up."""
    ada = shop.customer(card=None)
    shop.fill(ada, {shop.weighed(price=Decimal("0.01"), quantity_step=Decimal("0.1")): "0.1"})
    result = shop.confirm(ada, request=shop.pickup())
    assert result.body() == {
        "order_id": result.order_id,
        "order_number": result.order_number,
        "status": "CREATED",
        "total_paid": "0.00",
        "total_amount": "0.00",
        "payment_status": "NONE",
        "payment_reference": "",
    }
    assert shop.confirm(ada, request=shop.pickup()).body() == result.body()
    return Order.objects.get(pk=result.order_id)


def balanced() -> bool:
    return [found.what for rule in ALL for found in rule.check(None)] == []


def test_what_costs_nothing_needs_no_card_and_asks_nobody(shop: Shop) -> None:
    order = free_order(shop)
    assert (order.total_amount, order.payment.state) == (0, "NONE")
    assert not order.payment.calls.exists()
    assert not list(shop.sandbox.ledger.holds())
    assert Message.objects.filter(kind="order_confirmed").count() == 1
    assert balanced()


def test_it_is_picked_and_handed_over_without_a_paper(shop: Shop) -> None:
    order = free_order(shop)
    picked(shop, order)
    move(shop.manager(), order, "DELIVERED")
    order.refresh_from_db()
    assert (order.status, order.payment.state) == ("DELIVERED", "NONE")
    assert not Document.objects.exists()
    assert balanced()


def test_it_is_cancelled_like_any_other(shop: Shop) -> None:
    order = free_order(shop)
    services.cancel(actor=order.user, order_id=order.pk, now=clock.now())
    order.refresh_from_db()
    assert (order.status, order.payment.state) == ("CANCELED", "NONE")
    assert balanced()


@pytest.mark.parametrize(("most", "refused"), [("59.99", True), ("60.00", False)])
def test_more_than_the_shop_takes_at_once(shop: Shop, most: str, refused: bool) -> None:
    ada, milk = shop.customer(), shop.product()
    shop.fill(ada, {milk: 3})  # 30.00 and the fee of 30.00
    with override_settings(ORDER_MOST=Decimal(most)):
        if not refused:
            assert shop.confirm(ada).total_paid == "60.00"
            return
        for ask in (
            lambda: preview(actor=ada, request=shop.request(), now=clock.now()),
            lambda: shop.confirm(ada),
        ):
            with pytest.raises(OrderTooLarge) as refusal:
                ask()
            assert refusal.value.details == {"limit": most}
    assert shop.stock(milk) == (100, 0)
    assert shop.taken() == 0
    assert not shop.payments(ada)


def test_no_basket_is_so_large_that_the_database_refuses_it(shop: Shop) -> None:
    ada = shop.customer()
    dear = [shop.product(price=Decimal("99999.99"), stock=999) for _ in range(120)]
    shop.fill(ada, dict.fromkeys(dear, 999))
    with pytest.raises(OrderTooLarge):
        preview(actor=ada, request=shop.request(), now=clock.now())
    with pytest.raises(OrderTooLarge):
        shop.confirm(ada)
