"""Giving an order another window: by staff, past the customers' hours, never silently."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import Action, record
from branches.locks import lock_dated_slot, lock_dated_slot_row
from branches.models import DatedSlot
from branches.services import release_place, take_place_for_staff
from branches.windows import starts_at
from core.errors import InvalidInput, PermissionRefused
from core.transactions import write_transaction
from notifications.services import queue
from orders import status
from orders.errors import OrderBeingChanged, OrderNotChangeable
from orders.locks import lock_items, lock_order
from orders.models import Order, OrderItem, OrderStatus, OrderStatusChange
from orders.schedule import hold_time_from
from orders.services.proposing import close_proposals
from orders.services.supply import follow_day
from orders.services.unpaid import follow_window
from payments import services as payments

SHORTEST, LONGEST = 3, 200


def reslot(
    *,
    actor: User,
    order_id: int,
    slot_id: int,
    date: dt.date,
    reason: str,
    now: dt.datetime,
    over_capacity: bool = False,
) -> Order:
    """Move an order to another window of its branch; fee and total stay, its customer is told. What is expected
    to be VAT of it follows the new day.

    The hour until which customers order does not count, the number of places does, unless
    `over_capacity`. Any order that has not left, and one that comes back from a visit. The customer
    may choose another window, or cancel, until picking begins. The window it has is no mistake and
    changes nothing. Raises PermissionRefused, OwnOrder, NotFound, InvalidInput (reason),
    OrderNotChangeable, OrderBeingChanged, Busy (its money is being asked for), InvalidSlot, SlotClosed, SlotFull.
    """
    if not actor.is_manager:
        raise PermissionRefused
    if not SHORTEST <= len(reason.strip()) <= LONGEST:
        text = _("Tell the customer why, in 3 to 200 characters.")
        raise InvalidInput(fields={"reason": [text]})
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        status.refuse_own(order, actor)
        status.refuse_while_leaving(order)
        _check(order)
        items = lock_items(order_id=order.pk)
        old = order.dated_slot
        if old is not None and (old.slot_id, old.date) == (slot_id, date):
            return order
        new = _take(order, slot_id, date, now, over_capacity)
        if old is not None:
            release_place(dated_slot_id=old.pk)
        _write(actor, order, items, new, reason.strip(), now)
    return order


def _check(order: Order) -> None:
    if order.status == OrderStatus.CANCELED:
        raise OrderNotChangeable(reason="CANCELED")
    gone = order.status in (OrderStatus.OUT_FOR_DELIVERY, OrderStatus.DELIVERED)
    if gone or (order.left_at is not None and order.status != OrderStatus.DELAYED):
        raise OrderNotChangeable(reason="LEFT")
    if order.is_being_changed:
        raise OrderBeingChanged(retry_after=2)


def _take(
    order: Order, slot_id: int, date: dt.date, now: dt.datetime, over_capacity: bool
) -> DatedSlot:
    """A place in the new window. Both rows are locked in the order of their keys."""
    old = order.dated_slot_id
    known = DatedSlot.objects.filter(slot_id=slot_id, date=date).values_list("pk", flat=True)
    later = next(iter(known), None)
    if old is not None and (later is None or old < later):
        lock_dated_slot_row(dated_slot_id=old)
    new = lock_dated_slot(slot_id=slot_id, date=date, now=now)
    take_place_for_staff(
        dated_slot=new, branch_id=order.branch_id, now=now, over_capacity=over_capacity
    )
    return new


def _write(
    actor: User,
    order: Order,
    items: list[OrderItem],
    new: DatedSlot,
    reason: str,
    now: dt.datetime,
) -> None:
    old, was_due = order.dated_slot_id, order.due_at
    order.dated_slot, order.due_at = new, starts_at(new.slot, new.date)
    order.moved_by_staff_at = now
    close_proposals(order=order, now=now)
    follow_day(order=order, items=items, was_due=was_due)
    order.version += 1
    order.save()
    if order.left_at is None:
        payments.reprice_scheduled(
            payment_id=order.payment_id,
            amount=order.total_amount,
            authorize_at=hold_time_from(order.due_at, now),
        )
        follow_window(order=order, now=now)
    OrderStatusChange.objects.create(
        order=order, status=order.status, reason=reason, actor=actor, at=now
    )
    record(
        actor=actor,
        entity_type="order",
        entity_id=order.pk,
        action=Action.UPDATE,
        old={"dated_slot_id": old, "version": order.version - 1},
        new={"dated_slot_id": new.pk, "version": order.version},
        context={"reason": reason},
    )
    queue(
        user_id=order.user_id,
        kind="order_window",
        context={"order_id": order.pk, "version": order.version},
        dedupe_key=f"order_window:{order.pk}:{order.version}",
    )
