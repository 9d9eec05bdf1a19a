"""Moving an order along its status machine, by the people who prepare and bring it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import Action, record
from mami.errors import InvalidInput, PermissionRefused
from mami.transactions import require_transaction, write_transaction
from orders import selectors, status
from orders.errors import InvalidStatusTransition, OrderClaimed
from orders.locks import lock_items, lock_order
from orders.models import (
    FulfillmentType,
    Order,
    OrderItem,
    OrderStatus,
    OrderStatusChange,
    PickedStatus,
)
from orders.services.canceling import undo
from orders.services.invoicing import issue_invoice
from orders.services.timeline import write_status
from payments import services as payments

MOST_BAGS = 200


def change_status(
    *, actor: User, order_id: int, to: str, now: dt.datetime, reason: str = ""
) -> Order:
    """Move the order to `to`, with everything that follows from it.

    Leaving the shop (OUT_FOR_DELIVERY; DELIVERED for a pickup) charges what was picked, once and
    never above what was agreed, and numbers its invoice; CANCELED gives everything back. Raises NotFound,
    PermissionRefused (no staff), InvalidInput (no such status), InvalidStatusTransition.
    """
    with write_transaction(durable=True):
        return move_within(actor=actor, order_id=order_id, to=to, now=now, reason=reason)


def move_within(
    *, actor: User, order_id: int, to: str, now: dt.datetime, reason: str = ""
) -> Order:
    """`change_status` as part of the caller's transaction, with the same refusals."""
    require_transaction()
    if not actor.is_employee:
        raise PermissionRefused
    if to not in OrderStatus.values:
        raise InvalidInput(fields={"status": [_("There is no such status.")]})
    order = lock_order(order_id=order_id)
    items = lock_items(order_id=order.pk)
    _check(order, items, actor, to)
    _move(actor, order, items, to, now, reason)
    return order


def claim(*, actor: User, order_id: int, now: dt.datetime) -> Order:
    """Begin to pick an order, or come back to one's own. Raises OrderClaimed when it is another's.

    An order whose picker left it (or that a manager sent back) is taken over. Raises NotFound,
    PermissionRefused, InvalidStatusTransition when it is not there to be picked.
    """
    if not actor.is_employee:
        raise PermissionRefused
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        if order.status == OrderStatus.IN_PROGRESS:
            if order.picker_id is None:
                _take(order, actor, now)
                order.save(update_fields=["picker", "claimed_at", "updated_at"])
            elif order.picker_id != actor.pk:
                raise OrderClaimed(picker=order.picker.full_name if order.picker else "")
            return order
        items = lock_items(order_id=order.pk)
        _check(order, items, actor, OrderStatus.IN_PROGRESS)
        _move(actor, order, items, OrderStatus.IN_PROGRESS, now, "")
    return order


def finish_picking(
    *, actor: User, order_id: int, now: dt.datetime, bags: int | None = None
) -> Order:
    """End picking: READY when everything was found, MISSING when something was not.

    Raises NotFound, PermissionRefused, InvalidInput (bags), InvalidStatusTransition while lines
    are pending.
    """
    if not actor.is_employee:
        raise PermissionRefused
    if bags is not None and not 0 <= bags <= MOST_BAGS:
        text = _("A number of bags from 0 to %(most)d.") % {"most": MOST_BAGS}
        raise InvalidInput(fields={"bags": [text]})
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        items = lock_items(order_id=order.pk)
        missing = PickedStatus.MISSING in status.answers(items)
        to = OrderStatus.MISSING if missing else OrderStatus.READY
        _check(order, items, actor, to)
        order.bags = order.bags if bags is None else bags
        _move(actor, order, items, to, now, "")
    return order


def _check(order: Order, items: list[OrderItem], actor: User, to: str) -> None:
    """Raises InvalidStatusTransition, PermissionRefused for somebody without any moves."""
    details: dict[str, Any] = {
        "from": order.status,
        "to": to,
        "allowed": status.allowed_transitions(order, actor),
    }
    if not status.may_move(order, actor, to):
        raise InvalidStatusTransition(**details)
    blocked = status.blocked_by_kind(order, to) or status.blocked_by_lines(
        order, to, status.answers(items)
    )
    if blocked:
        raise InvalidStatusTransition(**details, blocked_by=blocked)


def _move(
    actor: User,
    order: Order,
    items: list[OrderItem],
    to: str,
    now: dt.datetime,
    reason: str,
) -> None:
    if to == OrderStatus.CANCELED:
        undo(actor=actor, order=order, items=items, now=now, reason=reason)
        return
    old = order.status
    if to == OrderStatus.IN_PROGRESS and order.picker_id is None:
        _take(order, actor, now)
    elif to == OrderStatus.READY:
        order.was_ready, order.picked_at = True, now
    elif to == OrderStatus.MISSING:
        order.picked_at = now
    elif to == OrderStatus.DELIVERED:
        order.delivered_at = now
    elif to == OrderStatus.DELAYED and old == OrderStatus.IN_PROGRESS:
        order.picker_id, order.claimed_at = None, None
    write_status(actor=actor, order=order, to=to, now=now, reason=reason)
    record(
        actor=actor,
        entity_type="order",
        entity_id=order.pk,
        action=Action.STATUS_CHANGE,
        old={"status": old},
        new={"status": to},
        context={"reason": reason} if reason else None,
    )
    if _leaves_the_shop(order, to):
        due = selectors.amount_due(order=order, items=items)
        payments.request_capture(payment_id=order.payment_id, amount=due, actor=actor, now=now)
        if due:
            issue_invoice(actor=actor, order=order, now=now)


def _leaves_the_shop(order: Order, to: str) -> bool:
    """The moment the goods change hands for the first time: then they are charged."""
    if to == OrderStatus.DELIVERED:
        return order.fulfillment_type == FulfillmentType.PICKUP
    if to != OrderStatus.OUT_FOR_DELIVERY:
        return False
    times = OrderStatusChange.objects.filter(order=order, status=OrderStatus.OUT_FOR_DELIVERY)
    return times.count() == 1


def _take(order: Order, actor: User, now: dt.datetime) -> None:
    order.picker, order.claimed_at = actor, now
