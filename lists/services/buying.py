"""What is on a list into the basket."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import asdict, dataclass

from accounts.models import User
from cart import services as cart
from cart.selectors import CartView
from core.errors import NotFound
from lists.selectors import list_view


@dataclass(frozen=True, kw_only=True)
class LeftOut(cart.NotAdded):
    """A product of the list that did not come into the basket as it stands there."""

    name: str


@dataclass(frozen=True, kw_only=True)
class ListBought:
    """The basket afterwards, and everything of which less is in it than on the list."""

    cart: CartView
    not_added: list[LeftOut]


def add_list_to_cart(
    *, actor: User, list_id: int, item_ids: Collection[int] | None = None, now: dt.datetime
) -> ListBought:
    """Put a list, or these lines of it, into the actor's basket.

    A line of the basket becomes the larger of the two, so a second time does no harm. Raises
    NotFound (also for a line of another list).
    """
    lines = list_view(actor=actor, list_id=list_id).items
    if item_ids is not None:
        if not set(item_ids) <= {line.id for line in lines}:
            raise NotFound
        lines = [line for line in lines if line.id in item_ids]
    names = {line.product_id: line.product.name for line in lines}
    view, less = cart.add_many(
        actor=actor,
        quantities={line.product_id: line.quantity for line in lines},
        notes={line.product_id: line.note for line in lines},
        larger=True,
        now=now,
    )
    return ListBought(
        cart=view, not_added=[LeftOut(**asdict(one), name=names[one.product_id]) for one in less]
    )
