"""Row locks of orders: after the basket, before slot and stock. The series of invoices comes last."""

from __future__ import annotations

from mami.errors import NotFound
from orders.models import InvoiceSeries, Order, OrderItem


def lock_order(*, order_id: int) -> Order:
    """The order, locked until the transaction ends. Raises NotFound."""
    found = Order.objects.select_for_update().filter(pk=order_id).first()
    if found is None:
        raise NotFound
    return found


def lock_items(*, order_id: int) -> list[OrderItem]:
    """The lines of a locked order, locked in the order of their keys."""
    return list(OrderItem.objects.select_for_update().filter(order_id=order_id).order_by("pk"))


def lock_series(*, year: int) -> InvoiceSeries:
    """The year's series of invoice numbers, locked until the transaction ends."""
    InvoiceSeries.objects.get_or_create(year=year)
    return InvoiceSeries.objects.select_for_update().get(year=year)
