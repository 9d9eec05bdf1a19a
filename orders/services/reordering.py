"""Putting the goods of an earlier order into the basket again."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from accounts.models import User
from cart import services as cart
from cart.selectors import CartView
from orders import selectors


@dataclass(frozen=True, kw_only=True)
class Reordered:
    """The basket afterwards, and the names of what could not be put in."""

    cart: CartView
    left_out: list[str]


def reorder(*, actor: User, order_id: int, now: dt.datetime) -> Reordered:
    """Add what was ordered (not its substitutes) to the actor's basket, at today's prices.

    Raises NotFound.
    """
    order = selectors.order_for(actor=actor, order_id=order_id)
    wanted: dict[int, Decimal] = defaultdict(Decimal)
    names: dict[int, str] = {}
    for item in order.items.all():
        if item.substitute_for_id is None:
            wanted[item.product_id] += item.quantity
            names[item.product_id] = item.name
    view, left_out = cart.add_many(actor=actor, quantities=wanted, now=now)
    return Reordered(cart=view, left_out=[names[key] for key in left_out])
