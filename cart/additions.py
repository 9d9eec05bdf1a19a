"""Adding to a line, written as statements: what is offered, and the line that grows by it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from cart.errors import InvalidQuantity
from cart.models import Cart
from mami.errors import NotFound
from mami.transactions import require_transaction

OFFER = """
SELECT p.quantity_step, p.price, p.is_active AND c.is_active,
       EXISTS (SELECT 1 FROM inventory_stock s WHERE s.product_id = p.id AND s.on_hand > s.reserved),
       coalesce((SELECT greatest(s.on_hand - s.reserved, 0) FROM inventory_stock s
                 JOIN branches_branch b ON b.id = s.branch_id
                 WHERE s.product_id = p.id AND b.is_delivery_source), 0)
FROM catalog_product p JOIN catalog_category c ON c.id = p.category_id WHERE p.id = %s
"""
# The basket is locked: the amount before is what the line grows from.
GROW = """
INSERT INTO cart_cartitem AS line
       (cart_id, product_id, quantity, price_when_added, substitution, created_at)
SELECT %(cart)s, %(product)s, least(%(more)s::numeric, %(most)s), %(price)s, %(substitution)s, now()
 WHERE %(more)s <= %(limit)s
ON CONFLICT (cart_id, product_id) DO UPDATE
   SET quantity = least(line.quantity + %(more)s, %(most)s)
 WHERE line.quantity + %(more)s <= %(limit)s
RETURNING coalesce((SELECT quantity FROM cart_cartitem
                    WHERE cart_id = %(cart)s AND product_id = %(product)s), 0), quantity
"""
LIMIT = Decimal(999)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A product as it can be bought now. `available` (units or kg) is what deliveries can promise,
    `is_anywhere` whether any branch has some; `price` in ₪.
    """

    product_id: int
    step: Decimal
    price: Decimal
    is_sold: bool
    is_anywhere: bool
    available: Decimal


def offer_of(*, product_id: int) -> Offer:
    """One query. Raises NotFound."""
    with connection.cursor() as cursor:
        cursor.execute(OFFER, [product_id])
        row = cursor.fetchone()
    if row is None:
        raise NotFound
    step, price, is_sold, is_anywhere, available = row
    return Offer(
        product_id=product_id, step=step, price=price, is_sold=is_sold, is_anywhere=is_anywhere,
        available=available,
    )  # fmt: skip


def add_line(*, cart: Cart, offer: Offer, more: Decimal, most: Decimal) -> tuple[Decimal, Decimal]:
    """Let a line of a locked basket grow by `more`, but not beyond `most`; before and after.

    One statement. Raises InvalidQuantity, with nothing changed, where it would pass 999.
    """
    require_transaction()
    wanted: dict[str, Any] = {
        "cart": cart.pk, "product": offer.product_id, "more": more, "most": most, "limit": LIMIT,
        "price": offer.price, "substitution": cart.substitution,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(GROW, wanted)
        row = cursor.fetchone()
    if row is None:
        raise InvalidQuantity(step=offer.step)
    before, after = row
    return before, after
