"""What a customer buys again and again."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Max, Subquery

from accounts.models import User
from orders.models import Order, OrderItem, OrderStatus


@dataclass(frozen=True, kw_only=True)
class Habits:
    """The products bought most often, and the number of the last order, "" without one."""

    product_ids: list[int]
    last_order: str


def habits_of(*, actor: User, limit: int) -> Habits:
    """What `actor` usually buys, the most frequent first. One query."""
    orders = Order.objects.filter(user=actor).exclude(status=OrderStatus.CANCELED)
    last = orders.order_by("-created_at", "-id").values("order_number")[:1]
    rows = (
        OrderItem.objects.filter(order__in=orders, substitute_for__isnull=True)
        .values("product_id")
        .annotate(times=Count("order", distinct=True), latest=Max("order_id"), last=Subquery(last))
        .order_by("-times", "-latest", "product_id")[:limit]
    )
    found = list(rows)
    return Habits(
        product_ids=[row["product_id"] for row in found],
        last_order=found[0]["last"] if found else "",
    )
