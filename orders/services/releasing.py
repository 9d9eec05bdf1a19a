"""Ending a change of an order without it: what it held is given back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from branches.services import hold_place, release_place
from core.transactions import require_transaction
from inventory import services as inventory
from orders.change_models import OrderChange, OrderQuestion
from orders.models import Order
from orders.services.questions import holder_of
from payments import services as payments
from payments.payment_results import NO_ANSWER


def close_change(*, change: OrderChange, status: str, now: dt.datetime) -> None:
    """Mark a locked change as decided; what it said of the person now stands in the order alone."""
    change.status, change.finished_at, change.plan = status, now, {}
    change.save(update_fields=["status", "finished_at", "plan"])


def _keep_for_question(change: OrderChange, now: dt.datetime) -> None:
    question = change.question
    if (
        question is not None
        and change.dated_slot is not None
        and question.status == OrderQuestion.Status.OPEN
        and question.answer_until > now
    ):
        hold_place(
            dated_slot=change.dated_slot,
            holder=holder_of(question.pk),
            until=question.answer_until,
        )


def release_change(*, order: Order, now: dt.datetime, reason: str = NO_ANSWER) -> None:
    """Give back what the open change of a locked order holds: its place, its goods, its money.

    Where its customer may still agree to it, its place is kept on. Nothing happens where none is open. With NO_ANSWER as the reason, money that is being asked for
    is let go once it turns up.
    """
    require_transaction()
    change = OrderChange.objects.filter(order=order, status=OrderChange.Status.OPEN).first()
    if change is None:
        return
    if change.dated_slot_id is not None:
        _keep_for_question(change, now)  # first: a place given back goes to whoever waits
        release_place(dated_slot_id=change.dated_slot_id)
    if change.added:
        inventory.release(
            actor=None,
            branch_id=change.branch_id,
            quantities={int(key): Decimal(amount) for key, amount in change.added.items()},
            reference=f"order:{order.order_number}",
        )
    close_change(change=change, status=OrderChange.Status.RELEASED, now=now)
    if change.payment_id is not None:
        payments.record_failed(payment_id=change.payment_id, reason=reason, now=now)
    order.is_being_changed = False
    order.save(update_fields=["is_being_changed", "updated_at"])
