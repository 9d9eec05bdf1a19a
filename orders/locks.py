"""Row locks of orders: after the basket, before slot and stock."""

from __future__ import annotations

from mami.errors import NotFound
from orders.models import Order, OrderItem


def lock_order(*, order_id: int) -> Order:
    """The order, locked until the transaction ends. Raises NotFound."""
    found = Order.objects.select_for_update().filter(pk=order_id).first()
    if found is None:
        raise NotFound
    return found


def lock_items(*, order_id: int) -> list[OrderItem]:
    """The lines of a locked order, locked in the order of their keys."""
    return list(OrderItem.objects.select_for_update().filter(order_id=order_id).order_by("pk"))
