"""Ordering a basket: what is written, what it costs, and every refusal with nothing changed."""

from decimal import Decimal

from orders.models import Order
from tests.shop import Shop


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
        "payment_status": "AUTHORIZED",
        "payment_reference": shop.payments(ada)[0].provider_reference,
    }
