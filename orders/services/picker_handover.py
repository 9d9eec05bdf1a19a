"""Passing an order that is being picked from one pair of hands to another."""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from audit.services import Action, record
from core.errors import PermissionRefused
from core.transactions import write_transaction
from orders.errors import OrderClaimed, OrderNotInPicking
from orders.locks import lock_order
from orders.models import Order, OrderStatus
from orders.status import refuse_own


def take_over(*, actor: User, order_id: int, from_id: int, now: dt.datetime) -> Order:
    """Pick on where the employee `from_id` stopped; what they answered stays.

    Raises PermissionRefused, OwnOrder, NotFound, OrderNotInPicking, and OrderClaimed when the order has
    meanwhile passed to somebody else than the one the actor saw.
    """
    if not actor.is_employee:
        raise PermissionRefused
    with write_transaction(durable=True):
        order = _in_picking(actor, order_id)
        if order.picker_id not in (None, actor.pk, from_id):
            raise OrderClaimed(picker=order.picker.full_name if order.picker else "")
        if order.picker_id != actor.pk:
            _pass(actor, order, to=actor, now=now)
    return order


def hand_back(*, actor: User, order_id: int, now: dt.datetime) -> Order:
    """Leave one's order to whoever comes next; a manager may free anybody's.

    Raises PermissionRefused, OwnOrder, NotFound, OrderNotInPicking, OrderClaimed (it is another's).
    """
    if not actor.is_employee:
        raise PermissionRefused
    with write_transaction(durable=True):
        order = _in_picking(actor, order_id)
        if order.picker_id not in (None, actor.pk) and not actor.is_manager:
            raise OrderClaimed(picker=order.picker.full_name if order.picker else "")
        if order.picker_id is not None:
            _pass(actor, order, to=None, now=now)
    return order


def _in_picking(actor: User, order_id: int) -> Order:
    order = lock_order(order_id=order_id)
    refuse_own(order, actor)
    if order.status != OrderStatus.IN_PROGRESS:
        raise OrderNotInPicking(status=order.status)
    return order


def _pass(actor: User, order: Order, *, to: User | None, now: dt.datetime) -> None:
    old = order.picker_id
    order.picker, order.claimed_at = to, now if to else None
    order.save(update_fields=["picker", "claimed_at", "updated_at"])
    record(
        actor=actor,
        entity_type="order",
        entity_id=order.pk,
        action=Action.UPDATE,
        old={"picker_id": old},
        new={"picker_id": order.picker_id},
    )
