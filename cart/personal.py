"""What baskets know about a person."""

from __future__ import annotations

import datetime as dt
from typing import Any

from branches.models import PlaceHold
from branches.services import release_holds
from cart.locks import lock_carts_of
from cart.models import Cart, CartItem, CartStatus

PEOPLE = {"cart.Cart.user": "emptied; the row stays where an order points at it"}


def take_out(*, user_id: int) -> dict[str, Any]:
    rows = CartItem.objects.filter(cart__user_id=user_id, cart__status=CartStatus.ACTIVE)
    return {
        "items": [
            {
                "product_id": row.product_id,
                "product_name": row.product.name,
                "quantity": row.quantity,
                "substitution": row.substitution,
                "note": row.note,
            }
            for row in rows.select_related("product")
        ]
    }


def erase(*, user_id: int, now: dt.datetime) -> None:
    keys = [cart.pk for cart in lock_carts_of(user_id=user_id)]
    release_holds(kind=PlaceHold.Kind.CART, references=keys)
    CartItem.objects.filter(cart_id__in=keys).delete()
    carts = Cart.objects.filter(pk__in=keys)
    carts.update(before_join=None)
    carts.active().update(status=CartStatus.ABANDONED)
