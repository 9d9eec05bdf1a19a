"""What becomes of a basket: ordered, forgotten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.db import connection

from branches.models import PlaceHold
from branches.services import release_holds
from branches.sql import let_go
from cart.errors import CartClosed
from cart.locks import lock_cart, lock_stale, open_and_lock_cart
from cart.models import Cart, CartItem, CartStatus
from core.transactions import write_transaction

GUEST_LIFE = dt.timedelta(days=30)
CUSTOMER_LIFE = dt.timedelta(days=180)
# By hand: every order ends a basket with it, and lets go the place kept for it.
CLOSE = f"""
WITH freed AS ({let_go(kind=PlaceHold.Kind.CART, reference="%s")})
UPDATE cart_cart SET status = '{CartStatus.CHECKED_OUT}', updated_at = %s
WHERE id = %s AND status = '{CartStatus.ACTIVE}' AND updated_at = %s
"""  # noqa: S608 - words of ours


def check_out(
    *,
    cart_id: int,
    ordered: Mapping[int, Decimal],
    now: dt.datetime,
    unchanged_since: dt.datetime | None = None,
) -> None:
    """Close the basket that became an order, in the caller's transaction; it is locked from then on.

    What was put in after the order was reserved (more of a product, or other products) is not
    lost: it moves to a new basket of the same customer. Raises BasketClosed. A basket not touched since
    `unchanged_since` (its `updated_at` then) has no such surplus: one statement.
    """
    if unchanged_since is not None and _close(cart_id, now, unchanged_since):
        return
    cart = lock_cart(cart_id=cart_id)
    if cart is None or cart.status != CartStatus.ACTIVE:
        raise CartClosed
    _close(cart_id, now, cart.updated_at)
    surplus = [
        (item, item.quantity - ordered.get(item.product_id, Decimal(0)))
        for item in CartItem.objects.filter(cart=cart)
    ]
    surplus = [(item, left) for item, left in surplus if left > 0]
    if surplus and cart.user is not None:
        fresh = open_and_lock_cart(owner=cart.user)
        CartItem.objects.bulk_create(
            CartItem(
                cart=fresh,
                product_id=item.product_id,
                quantity=left,
                price_when_added=item.price_when_added,
                substitution=item.substitution,
                note=item.note,
            )
            for item, left in surplus
        )


def _close(cart_id: int, now: dt.datetime, unchanged_since: dt.datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, [cart_id, now, cart_id, unchanged_since])
        return cursor.rowcount == 1


def abandon_stale(*, now: dt.datetime, limit: int = 500) -> int:
    """Put aside baskets nobody touched for long; returns how many.

    A guest's after 30 days, when its session has ended too; a customer's after half a year.
    Baskets in an open checkout stay.
    """
    with write_transaction():
        rows = lock_stale(
            guests_before=now - GUEST_LIFE, customers_before=now - CUSTOMER_LIFE, limit=limit
        )
        # Asked after the locks, in a new snapshot: a checkout that began meanwhile is seen.
        idle = list(
            Cart.objects.filter(pk__in=[row.pk for row in rows])
            .exclude(reservations__status="ACTIVE")
            .values_list("pk", flat=True)
        )
        release_holds(kind=PlaceHold.Kind.CART, references=idle)
        return Cart.objects.filter(pk__in=idle).update(status=CartStatus.ABANDONED)
