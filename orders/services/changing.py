"""Writing a change of an order down: what it holds while it is open, and what it becomes.

All of it runs in the caller's transaction, with order and lines locked. Checkout conducts it, and
asks for the money between opening and writing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from accounts.models import User
from audit.services import Action, record
from branches.services import release_place
from cart.charges import Charge
from core.transactions import require_transaction
from inventory import services as inventory
from notifications.services import queue
from orders.change_models import OrderQuestion
from orders.change_plan import charges_from, lines_from, moves_of
from orders.models import (
    FulfillmentType,
    Order,
    OrderDelivery,
    OrderItem,
    OrderPickup,
    OrderStatus,
    OrderStatusChange,
    PickedStatus,
)
from orders.numbering import new_pickup_code
from orders.refund_models import OrderCharge
from orders.repricing import ChangedLine
from orders.schedule import hold_time_from
from orders.services.edits import write_edits
from orders.services.holding import swap_hold
from orders.services.proposing import close_proposals, settle_proposal
from orders.services.questions import close_questions
from orders.services.supply import follow_day
from orders.services.timeline import REASON_LENGTH, write_status
from orders.told_changes import kept_lines
from payments import services as payments

LEASE = dt.timedelta(seconds=20)
LINE_FIELDS = [
    "unit_price",
    "quantity",
    "discount",
    "line_total",
    "vat_class",
    "vat_rate",
    "substitution",
    "note",
]


def write_change(
    *,
    actor: User,
    order: Order,
    items: list[OrderItem],
    plan: Mapping[str, Any],
    reason: str,
    now: dt.datetime,
    payment_id: int | None = None,
    question: OrderQuestion | None = None,
) -> None:
    """Let a locked order become its `plan` (`ChangePlan.body`). What it adds is promised already.

    `payment_id` is the new hold, which is booked already: the old one is let go. Without it, money
    that is to be held later is held as much as the order then costs. `question` is the proposal that
    its customer agreed to. Raises Busy while it is.
    """
    require_transaction()
    lines = lines_from(plan)
    added, removed = moves_of(order, items, lines=lines, branch_id=plan["branch_id"])
    old, was = _summary(order, items), _was(order, items)
    if question is not None:
        settle_proposal(actor=actor, order=order, question=question, used=added, now=now)
    close_proposals(order=order, now=now)
    if plan["is_moved"] and order.dated_slot_id is not None:
        release_place(dated_slot_id=order.dated_slot_id)
    if removed:
        inventory.release(
            actor=actor,
            branch_id=order.branch_id,
            quantities=removed,
            reference=f"order:{order.order_number}",
        )
    _close_questions(order, items, lines, now)
    if actor.pk != order.user_id:
        write_edits(order=order, items=items, lines=lines, reason=reason, now=now)
    written = _write_lines(order, items, lines)
    if order.left_at is None:
        _write_charges(order, written, charges_from(plan))
    _write_handover(order, plan)
    was_due = order.due_at
    _write_order(order, plan)
    substitutes = [item for item in items if item.substitute_for_id is not None]
    if substitutes:
        follow_day(order=order, items=[*written, *substitutes], was_due=was_due)
    order.save()
    if payment_id is not None:
        swap_hold(order=order, payment_id=payment_id, now=now)
    elif order.left_at is None:
        payments.reprice_scheduled(
            payment_id=order.payment_id,
            amount=order.total_amount,
            authorize_at=hold_time_from(order.due_at, now),
        )
    _tell(actor=actor, order=order, lines=lines, reason=reason, was=was, now=now)
    record(
        actor=actor,
        entity_type="order",
        entity_id=order.pk,
        action=Action.UPDATE,
        old=old,
        new=_summary(order, list(OrderItem.objects.filter(order=order))),
        context={"reason": reason} if reason else None,
    )


_SUMS = (
    "subtotal",
    "discount_total",
    "delivery_fee",
    "charges_total",
    "vat_total",
    "fee_vat_rate",
)


def _close_questions(
    order: Order, items: list[OrderItem], lines: list[ChangedLine], now: dt.datetime
) -> None:
    """A line that is another one now, or gone, is asked about no more. No statement where none is."""
    after = {line.item_id: line.quantity for line in lines}
    other = [
        item.pk
        for item in items
        if item.substitute_for_id is None
        and item.picked_status != PickedStatus.PENDING
        and after.get(item.pk) != item.quantity
    ]
    if other:
        close_questions(order=order, status="EXPIRED", now=now, item_ids=other)


def _write_order(order: Order, plan: Mapping[str, Any]) -> None:
    for name in _SUMS:
        setattr(order, name, Decimal(plan[name]))
    order.total_amount = Decimal(plan["total"])
    order.branch_id = plan["branch_id"]
    order.fulfillment_type = plan["fulfillment_type"]
    order.dated_slot_id = plan["dated_slot_id"]
    order.due_at = dt.datetime.fromisoformat(plan["due_at"])
    if plan["notes"] is not None:
        order.notes = plan["notes"]
    order.version += 1
    order.is_being_changed = False


def _was(order: Order, items: list[OrderItem]) -> dict[str, int | str]:
    """What the letter compares the changed order with, as keys and numbers alone."""
    return {
        "was": kept_lines(items),
        "slot": order.dated_slot_id or 0,
        "total": f"{order.total_amount:.2f}",
    }


def _tell(
    *,
    actor: User,
    order: Order,
    lines: list[ChangedLine],
    reason: str,
    was: Mapping[str, int | str],
    now: dt.datetime,
) -> None:
    """A note in the timeline and a mail; a picked order with something more is picked on."""
    picked = order.status in (OrderStatus.READY, OrderStatus.MISSING)
    if picked and any(not line.answered for line in lines):
        order.was_ready, order.picked_at = False, None
        write_status(actor=actor, order=order, to=OrderStatus.IN_PROGRESS, now=now, reason=reason)
    else:
        OrderStatusChange.objects.create(
            order=order, status=order.status, reason=reason[:REASON_LENGTH], actor=actor, at=now
        )
    queue(
        user_id=order.user_id,
        kind="order_changed",
        context={"order_id": order.pk, "version": order.version, **was},
        dedupe_key=f"order_changed:{order.pk}:{order.version}",
    )


def _write_charges(order: Order, lines: list[OrderItem], charges: list[Charge]) -> None:
    """Deposits and bags anew; those of substitutes stay. No statement where there are none."""
    if getattr(order, "has_charges", True):
        OrderCharge.objects.filter(order=order, item__substitute_for=None).delete()
    order.has_charges = True  # type: ignore[attr-defined]  # as `lock_order` looked
    OrderCharge.objects.bulk_create(
        OrderCharge(
            order=order,
            item=None if one.line is None else lines[one.line],
            kind=one.kind,
            quantity=one.quantity,
            unit_price=one.unit_price,
            amount=one.amount,
            vat_class=one.vat_class,
            vat_rate=one.vat_rate,
        )
        for one in charges
    )


def _write_lines(order: Order, items: list[OrderItem], lines: list[ChangedLine]) -> list[OrderItem]:
    """The lines as they will be, in their order: at most three statements for any number of them."""
    by_id = {item.pk: item for item in items}
    kept = {line.item_id for line in lines if line.item_id is not None}
    gone = [item.pk for item in items if item.pk not in kept and item.substitute_for_id is None]
    if gone:
        OrderItem.objects.filter(pk__in=gone).delete()
    changed = []
    for line in lines:
        if line.item_id is None:
            continue
        item = by_id[line.item_id]
        if all(getattr(item, name) == getattr(line, name) for name in LINE_FIELDS):
            continue
        for name in LINE_FIELDS:
            setattr(item, name, getattr(line, name))
        changed.append(item)
    OrderItem.objects.bulk_update(changed, LINE_FIELDS)
    fresh = OrderItem.objects.bulk_create(
        OrderItem(
            order=order,
            product_id=line.product_id,
            name_he=line.name_he,
            name_en=line.name_en,
            sku=line.sku,
            sold_by=line.sold_by,
            **{name: getattr(line, name) for name in LINE_FIELDS},
        )
        for line in lines
        if line.item_id is None
    )
    new = iter(fresh)
    return [next(new) if line.item_id is None else by_id[line.item_id] for line in lines]


def _write_handover(order: Order, plan: Mapping[str, Any]) -> None:
    """Where it goes: the address, or a code for the counter, new with another kind or branch."""
    pickup = plan["fulfillment_type"] == FulfillmentType.PICKUP
    if pickup and (
        order.fulfillment_type != FulfillmentType.PICKUP or plan["branch_id"] != order.branch_id
    ):
        OrderDelivery.objects.filter(order=order).delete()
        OrderPickup.objects.update_or_create(order=order, defaults={"code": new_pickup_code()})
    if not pickup and plan["delivery"] is not None:
        OrderPickup.objects.filter(order=order).delete()
        OrderDelivery.objects.update_or_create(order=order, defaults=plan["delivery"])


def _summary(order: Order, items: list[OrderItem]) -> dict[str, Any]:
    """What the trail keeps of an order: quantities by line, sums, window and place; no address."""
    return {
        "version": order.version,
        "total": order.total_amount,
        "fulfillment_type": order.fulfillment_type,
        "branch_id": order.branch_id,
        "dated_slot_id": order.dated_slot_id,
        "lines": {
            str(item.pk): [item.product_id, str(item.quantity), str(item.unit_price)]
            for item in items
            if item.substitute_for_id is None
        },
    }
