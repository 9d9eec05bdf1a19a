"""Putting a substitute back on its shelf."""

from __future__ import annotations

from accounts.models import User
from audit.services import Action, record
from inventory import services as inventory
from inventory.locks import lock_stocks
from orders.models import Order, OrderItem, PickedStatus

PENDING = PickedStatus.PENDING


def take_back(*, actor: User, order: Order, item: OrderItem, by: OrderItem) -> None:
    """Put `by`, which replaced the locked line `item`, back on its shelf, in the caller's
    transaction; both shelves stay locked. The line keeps its answer."""
    lock_stocks(branch_id=order.branch_id, product_ids=[item.product_id, by.product_id])
    inventory.put_back(
        actor=actor,
        branch_id=order.branch_id,
        picked={by.product_id: by.packed} if by.packed else {},
        promised={by.product_id: by.quantity} if by.picked_status == PENDING else {},
        reference=f"order:{order.order_number}",
    )
    record(
        actor=actor,
        entity_type="order_item",
        entity_id=by.pk,
        action=Action.DELETE,
        old={"product_id": by.product_id, "picked_quantity": by.picked_quantity},
        context={"order_id": order.pk, "substitute_for": item.pk},
    )
    by.delete()
