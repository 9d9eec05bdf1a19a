"""Orders whose money is not held: telling their customers, and letting go of what nobody paid."""

from __future__ import annotations

import datetime as dt

from core.transactions import require_transaction, write_transaction
from notifications.services import queue
from orders.locks import lock_items, lock_order
from orders.models import Order, OrderStatus
from orders.schedule import pay_until
from orders.services.canceling import undo
from orders.status import NOT_PAID
from payments import services as payments
from payments.choices import PaymentState
from payments.selectors import Standing, standing

UNPICKED = frozenset({OrderStatus.CREATED, OrderStatus.DELAYED})


def ask_to_pay(*, order: Order, now: dt.datetime) -> None:
    """Write to the customer of a locked order that its money is needed, and until when; in the
    caller's transaction. While a hold still lives nothing is cancelled, so there is no last moment."""
    require_transaction()
    found = standing(payment_id=order.payment_id)
    until = pay_until(order, now) if found.state == PaymentState.UNPAID else None
    payments.note_asked(payment_id=order.payment_id, pay_until=until, now=now)
    queue(
        user_id=order.user_id,
        kind="order_hold_failed",
        context={"order_id": order.pk},
        dedupe_key=f"order_hold_failed:{order.payment_id}:{now.timestamp():.0f}",
    )


def follow_window(*, order: Order, now: dt.datetime) -> None:
    """A locked order that waits for its money has another window: its last moment to pay moves along,
    in the caller's transaction."""
    payments.put_off(payment_id=order.payment_id, pay_until=pay_until(order, now), now=now)


def lose_hold(*, order: Order, reason: str, now: dt.datetime) -> None:
    """Nothing is held of a locked order any more: it is unpaid, and its customer is asked."""
    if payments.mark_unpaid(payment_id=order.payment_id, reason=reason, now=now):
        ask_to_pay(order=order, now=now)


def cancel_unpaid(*, order_id: int, now: dt.datetime) -> bool:
    """Cancel an order that nobody paid in time and nobody picked; False when it was paid meanwhile.

    Place and stock become free, its customer is told, the timeline says NOT_PAID.
    """
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        found = standing(payment_id=order.payment_id)
        if not is_overdue(order, found, now):
            return False
        undo(
            actor=None,
            order=order,
            items=lock_items(order_id=order.pk),
            now=now,
            reason=NOT_PAID,
            message="order_not_paid",
        )
    return True


def is_overdue(order: Order, found: Standing, now: dt.datetime) -> bool:
    """Whether a locked order waits for its money in vain."""
    return (
        found.state == PaymentState.UNPAID
        and found.pay_until is not None
        and found.pay_until <= now
        and order.status in UNPICKED
        and order.left_at is None
    )


def may_be_paid(order: Order, found: Standing, now: dt.datetime) -> bool:
    """Whether the money of a locked order may (still) be held, or held on another card."""
    if order.status in (OrderStatus.CANCELED, OrderStatus.DELIVERED) or order.left_at is not None:
        return False
    if found.state == PaymentState.UNPAID:
        return found.pay_until is None or now < found.pay_until
    return found.state in (PaymentState.SCHEDULED, PaymentState.AUTHORIZED)
