"""Goods leave the shop only when they are charged: asked for, charged, moved, each in its own time.

`begin` writes the charge that is wanted and where the order will go; the provider is asked after
the commit, with no lock held; `finish` moves the order, or says why it stays. A process that dies
between them leaves an order that the job finishes, forward only.
"""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from audit.services import Action, record
from core import clock, faults
from core.errors import DomainError
from core.transactions import require_transaction, write_transaction
from inventory import services as inventory
from orders import selectors
from orders.errors import ChargeRefused
from orders.locks import lock_items, lock_order
from orders.models import Order, OrderItem, OrderStatus
from orders.services.charging import book_capture
from orders.services.questions import close_questions
from orders.services.timeline import write_status
from orders.services.unpaid import lose_hold
from payments import services as payments
from payments.errors import PaymentNotHeld, PaymentPending
from payments.selectors import Standing, standing

RETRY_AFTER_SECONDS = 10


def check_held(order: Order, *, now: dt.datetime | None = None) -> Standing:
    """How the money of a locked order stands. Raises PaymentNotHeld unless it is held, or none is due."""
    found = standing(payment_id=order.payment_id)
    if not found.is_nothing and not found.is_held(now or clock.now()):
        raise PaymentNotHeld(payment_status=found.state)
    return found


def begin(*, actor: User, order: Order, items: list[OrderItem], to: str, now: dt.datetime) -> None:
    """Ask for the charge of a locked order that may leave, in the caller's transaction.

    What costs nothing leaves at once, without paper: its hold is let go. Raises PaymentNotHeld.
    """
    require_transaction()
    close_questions(order=order, status="EXPIRED", now=now)
    due = selectors.amount_due(order=order, items=items)
    held = check_held(order, now=now)
    order.leaving_to, order.leaving_actor = to, actor
    if held.is_nothing:
        _leave(order, now)
        return
    payments.request_capture(payment_id=order.payment_id, amount=due, actor=actor, now=now)
    if not due:
        _leave(order, now)
        return
    order.save(update_fields=["leaving_to", "leaving_actor", "updated_at"])


def finish(*, order_id: int, now: dt.datetime) -> Order:
    """Move an order whose charge was asked for, as the provider answered. Safe to repeat.

    Raises ChargeRefused: it stays, and its customer is asked to pay; PaymentPending: no answer, and
    the hold is not sure enough to let the goods go without one.
    """
    payment_id = Order.objects.values_list("payment_id", flat=True).get(pk=order_id)
    faults.point("leaving_between_record_and_charge")
    payments.perform_capture(payment_id=payment_id, now=now)
    faults.point("leaving_between_charge_and_move")
    refusal: DomainError | None = None
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        if not order.leaving_to:
            return order
        items = lock_items(order_id=order.pk)
        found = standing(payment_id=order.payment_id)
        if found.is_captured:
            book_capture(actor=order.leaving_actor, order=order, items=items, now=now)
            _leave(order, now)
        elif found.capture_refused:
            refusal = _stay(order, found, now)
        elif found.is_sure(now):
            _leave(order, now)
        else:
            refusal = PaymentPending(retry_after=RETRY_AFTER_SECONDS)
    if refusal is not None:
        raise refusal
    return order


def finish_open(*, now: dt.datetime, limit: int = 100) -> int:
    """Finish what was left between charge and move, and book charges answered after the goods had
    left; the number of orders looked at."""
    waiting = Order.objects.exclude(leaving_to="").order_by("pk")
    keys = list(waiting.values_list("pk", flat=True)[:limit])
    for order_id in keys:
        try:
            finish(order_id=order_id, now=now)
        except DomainError:
            continue  # no answer yet, or refused: its customer was asked
    late = Order.objects.filter(
        left_at__isnull=False, captured_at__isnull=True, payment__captured__gt=0
    )
    for order_id in list(late.order_by("pk").values_list("pk", flat=True)[:limit]):
        with write_transaction():
            order = lock_order(order_id=order_id)
            book_capture(actor=None, order=order, items=lock_items(order_id=order.pk), now=now)
        keys.append(order_id)
    return len(keys)


def _leave(order: Order, now: dt.datetime) -> None:
    """The goods change hands."""
    old, to, actor = order.status, order.leaving_to, order.leaving_actor
    order.leaving_to, order.leaving_actor, order.left_at = "", None, now
    if to == OrderStatus.DELIVERED:
        order.delivered_at = now
    write_status(actor=actor, order=order, to=to, now=now)
    record(
        actor=actor,
        entity_type="order",
        entity_id=order.pk,
        action=Action.STATUS_CHANGE,
        old={"status": old},
        new={"status": to},
    )
    inventory.settle_corrections(reference=f"order:{order.order_number}")


def _stay(order: Order, found: Standing, now: dt.datetime) -> ChargeRefused:
    order.leaving_to, order.leaving_actor = "", None
    order.save(update_fields=["leaving_to", "leaving_actor", "updated_at"])
    lose_hold(order=order, reason=found.capture_failure, now=now)
    return ChargeRefused(reason=found.capture_failure)
