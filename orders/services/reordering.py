"""Putting the goods of an earlier order into the basket again."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import asdict, dataclass
from decimal import Decimal

from accounts.models import User
from cart import services as cart
from cart.selectors import CartView
from orders import selectors


@dataclass(frozen=True, kw_only=True)
class LeftOut(cart.NotAdded):
    """A product of the order that did not come into the basket as it was ordered."""

    name: str


@dataclass(frozen=True, kw_only=True)
class Reordered:
    """The basket afterwards, and everything of which less came into it than was ordered."""

    cart: CartView
    not_added: list[LeftOut]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What was ordered, by product: how much, its name then, the word for the picker."""

    quantities: dict[int, Decimal]
    names: dict[int, str]
    notes: dict[int, str]


def wanted_of(*, actor: User, order_id: int) -> Wanted:
    """What was ordered, not its substitutes. Raises NotFound."""
    order = selectors.order_for(actor=actor, order_id=order_id)
    wanted = Wanted(quantities=defaultdict(Decimal), names={}, notes={})
    for item in order.items.all():
        if item.substitute_for_id is None:
            wanted.quantities[item.product_id] += item.quantity
            wanted.names[item.product_id] = item.name
            wanted.notes[item.product_id] = wanted.notes.get(item.product_id) or item.note
    return wanted


def reorder(*, actor: User, order_id: int, now: dt.datetime) -> Reordered:
    """Add what was ordered (not its substitutes) to the actor's basket, at today's prices.

    Raises NotFound.
    """
    wanted = wanted_of(actor=actor, order_id=order_id)
    view, less = cart.add_many(
        actor=actor, quantities=wanted.quantities, notes=wanted.notes, now=now
    )
    return Reordered(
        cart=view,
        not_added=[LeftOut(**asdict(one), name=wanted.names[one.product_id]) for one in less],
    )
