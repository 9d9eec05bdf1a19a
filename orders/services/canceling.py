"""Ending an order before its customer has it: everything it held is given back."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal

from accounts.models import User
from audit.services import Action, record
from branches.services import release_place
from core.errors import NotFound
from core.transactions import write_transaction
from inventory import services as inventory
from orders import selectors
from orders.change_models import OrderQuestion
from orders.errors import OrderNotCancelable
from orders.locks import lock_items, lock_order
from orders.models import Order, OrderItem, OrderStatus, PickedStatus
from orders.selectors import can_cancel
from orders.services.charging import book_capture
from orders.services.following import follow_after_commit
from orders.services.questions import close_questions
from orders.services.refund_parts import RefundRequest, left_of
from orders.services.refunding import refund_within
from orders.services.releasing import release_change
from orders.services.timeline import write_status
from payments import services as payments
from payments.payment_results import NO_ANSWER


def cancel(*, actor: User, order_id: int, now: dt.datetime, reason: str = "") -> Order:
    """Cancel one's own order (an admin: anybody's) while it is CREATED.

    Stock and place become free; the held money is let go after the commit. Raises NotFound,
    OrderNotCancelable.
    """
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        if order.user_id != actor.pk and not actor.is_admin:
            raise NotFound
        if not can_cancel(order=order):
            raise OrderNotCancelable(status=order.status)
        undo(actor=actor, order=order, items=lock_items(order_id=order.pk), now=now, reason=reason)
    return order


def undo(
    *,
    actor: User | None,
    order: Order,
    items: list[OrderItem],
    now: dt.datetime,
    reason: str,
    restock: Collection[int] = (),
    message: str = "",
) -> None:
    """Give back what a locked order holds, in the caller's transaction: place, stock, then money.

    Goods already picked go back to the shelf; of goods that had left the shop only those of the
    lines `restock`, which staff have looked at. A capture under way is refunded after it.
    """
    close_questions(order=order, status=OrderQuestion.Status.EXPIRED, now=now)
    if order.is_being_changed:
        release_change(order=order, now=now)
    old = order.status
    write_status(
        actor=actor,
        order=order,
        to=OrderStatus.CANCELED,
        reason=reason,
        now=now,
        message=message,
    )
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
        release_place(dated_slot_id=order.dated_slot_id)
    inventory.put_back(
        actor=actor,
        branch_id=order.branch_id,
        picked=_sums(_returned(order, items, restock), PickedStatus.PICKED),
        promised=_sums(items, PickedStatus.PENDING),
        reference=f"order:{order.order_number}",
    )
    book_capture(actor=actor, order=order, items=items, now=now)
    if order.captured_at is not None:
        _refund_all(actor, order, items, reason, now)
    else:
        payments.void_or_refund(
            payment_id=order.payment_id, reason=reason or "canceled", actor=actor, now=now
        )
    payments.resolve_lost(order_number=order.order_number, resolution="CANCELED", now=now)
    for payment_id in payments.waiting_attempts(order_number=order.order_number):
        payments.drop_attempt(payment_id=payment_id, reason=NO_ANSWER, now=now)


def _returned(order: Order, items: list[OrderItem], restock: Collection[int]) -> list[OrderItem]:
    """The lines whose goods go back to the shelf."""
    return items if order.left_at is None else [item for item in items if item.pk in restock]


def _refund_all(
    actor: User | None, order: Order, items: list[OrderItem], reason: str, now: dt.datetime
) -> None:
    """Everything still refundable of a charged order goes back, with one credit note."""
    charges = selectors.charges_of(order=order)
    if not left_of(order=order, items=items, charges=charges):
        return
    request = RefundRequest(
        everything=True, reason_code="OTHER", reason=reason.strip() or "canceled"
    )
    call_id = refund_within(
        actor=actor, order=order, items=items, request=request, key="cancel", now=now
    )
    follow_after_commit(call_id=call_id)


def _sums(items: list[OrderItem], status: str) -> dict[int, Decimal]:
    found: dict[int, Decimal] = defaultdict(Decimal)
    for item in items:
        if item.picked_status == status:
            found[item.product_id] += (
                item.quantity if status == PickedStatus.PENDING else item.picked_quantity
            ) or Decimal(0)
    return dict(found)
