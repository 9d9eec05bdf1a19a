"""What a customer buys again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Subquery

from accounts.models import User
from catalog.models import Product
from orders.models import Order, OrderItem, OrderStatus


@dataclass(frozen=True, kw_only=True)
class Habits:
    """The products bought most often, as cards, and the number of the last order ("": none)."""

    products: Sequence[Product]
    last_order: str


def habits_of(*, actor: User, limit: int) -> Habits:
    """What `actor` usually buys and could buy now, the most frequent first. One query."""
    orders = Order.objects.filter(user=actor).exclude(status=OrderStatus.CANCELED)
    lines = OrderItem.objects.filter(order__in=orders, substitute_for__isnull=True)
    times = lines.filter(product=OuterRef("pk")).order_by().values("product").annotate(n=Count("*"))
    last = orders.order_by("-created_at", "-id").values("order_number")
    products = list(
        Product.objects.active()
        .as_cards()
        .filter(pk__in=lines.values("product"))
        .annotate(times=Subquery(times.values("n")), last_order=Subquery(last[:1]))
        .order_by("-times", "pk")[:limit]
    )
    return Habits(products=products, last_order=products[0].last_order if products else "")
