"""Ending an order before its customer has it: everything it held is given back."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal

from accounts.models import User
from audit.services import Action, record
from branches.services import give_back_place
from inventory import services as inventory
from mami.errors import NotFound
from mami.transactions import write_transaction
from orders.errors import OrderNotCancelable
from orders.locks import lock_items, lock_order
from orders.models import Order, OrderItem, OrderStatus, PickedStatus
from orders.services.timeline import write_status
from payments import services as payments


def cancel(*, actor: User, order_id: int, now: dt.datetime, reason: str = "") -> Order:
    """Cancel one's own order (an admin: anybody's) while it is CREATED.

    Stock and place become free; the held money is let go after the commit. Raises NotFound,
    OrderNotCancelable.
    """
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        if order.user_id != actor.pk and not actor.is_admin:
            raise NotFound
        if order.status != OrderStatus.CREATED:
            raise OrderNotCancelable(status=order.status)
        undo(actor=actor, order=order, items=lock_items(order_id=order.pk), now=now, reason=reason)
    return order


def undo(
    *, actor: User, order: Order, items: list[OrderItem], now: dt.datetime, reason: str
) -> None:
    """Give back what a locked order holds, in the caller's transaction: place, stock, then money.

    Goods already picked go back to the shelf. A capture under way is refunded after it.
    """
    old = order.status
    write_status(actor=actor, order=order, to=OrderStatus.CANCELED, reason=reason, now=now)
    record(
        actor=actor,
        entity_type="order",
        entity_id=order.pk,
        action=Action.CANCEL,
        old={"status": old},
        new={"status": order.status},
        context={"reason": reason} if reason else None,
    )
    if order.dated_slot_id is not None:
        give_back_place(dated_slot_id=order.dated_slot_id)
    inventory.put_back(
        actor=actor,
        branch_id=order.branch_id,
        picked=_sums(items, PickedStatus.PICKED),
        promised=_sums(items, PickedStatus.PENDING),
        reference=f"order:{order.order_number}",
    )
    payments.give_back(
        payment_id=order.payment_id, reason=reason or "canceled", actor=actor, now=now
    )


def _sums(items: list[OrderItem], status: str) -> dict[int, Decimal]:
    found: dict[int, Decimal] = defaultdict(Decimal)
    for item in items:
        if item.picked_status == status:
            found[item.product_id] += (
                item.quantity if status == PickedStatus.PENDING else item.picked_quantity
            ) or Decimal(0)
    return dict(found)
