"""Paying for an order that stands: on another card, once more, or because staff ask again."""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from audit.services import Action, record
from core.errors import NotFound, PermissionRefused
from core.transactions import require_transaction, write_transaction
from orders.errors import OrderBeingChanged
from orders.locks import lock_order
from orders.models import Order
from orders.services.holding import UNPICKED, hold_scheduled, renew_on_mandate
from orders.services.unpaid import ask_to_pay, may_be_paid
from orders.status import FINAL, refuse_own, refuse_while_leaving
from payments import services as payments
from payments.cards import CardToken
from payments.choices import PaymentState
from payments.errors import (
    AlreadyAsked,
    PaymentAlreadyHeld,
    PaymentClosed,
    PaymentPending,
)
from payments.payment_results import NOT_CONFIRMED, PaymentHandle
from payments.selectors import standing

PAYABLE = (PaymentState.SCHEDULED, PaymentState.UNPAID, PaymentState.AUTHORIZED)
ASK_AGAIN_AFTER = dt.timedelta(minutes=10)
RETRY_AFTER_SECONDS = 3


def begin_payment(
    *,
    actor: User,
    order_id: int,
    now: dt.datetime,
    payment_token_id: int | None = None,
    card: CardToken | None = None,
    keep: bool = False,
) -> PaymentHandle:
    """Write down that the money of the actor's own order will be held on this card, in the caller's
    transaction. An attempt that waits for its cardholder is given up.

    Where the hold is still to come, the card only takes the kept one's place. Raises NotFound,
    PaymentClosed, PaymentPending (an attempt without an answer yet), Busy (being charged),
    PaymentRequired, PaymentTokenNotFound, CardNumberRefused, InvalidInput.
    """
    require_transaction()
    order = lock_order(order_id=order_id)
    if order.user_id != actor.pk:
        raise NotFound
    refuse_while_leaving(order)
    if order.is_being_changed:
        raise OrderBeingChanged(retry_after=RETRY_AFTER_SECONDS)
    found = standing(payment_id=order.payment_id)
    if not may_be_paid(order, found, now):
        raise PaymentClosed
    for payment_id in payments.waiting_attempts(order_number=order.order_number):
        if not payments.awaits_confirmation(payment_id=payment_id):
            raise PaymentPending(retry_after=RETRY_AFTER_SECONDS)
        payments.drop_attempt(payment_id=payment_id, reason=NOT_CONFIRMED, now=now)
    chosen = payments.chosen_card(
        user_id=actor.pk, payment_token_id=payment_token_id, card=card, keep=keep
    )
    later = found.authorize_at if found.state == "SCHEDULED" else None
    return payments.open_payment(
        user_id=actor.pk,
        order_number=order.order_number,
        amount=order.total_amount,
        card=chosen,
        now=now,
        authorize_at=later if later is not None and later > now else None,
        attempt=payments.next_attempt(order_number=order.order_number),
    )


def request_payment(*, actor: User, order_id: int, now: dt.datetime) -> Order:
    """Staff ask for the money of an order again: held at once where its customer agreed to that,
    else they get the letter once more. At most one letter in ten minutes.

    Raises PermissionRefused, NotFound, OwnOrder, PaymentClosed, PaymentAlreadyHeld, AlreadyAsked,
    Busy (being charged).
    """
    if not actor.is_manager:
        raise PermissionRefused
    with write_transaction(durable=True):
        order = lock_order(order_id=order_id)
        refuse_own(order, actor)
        refuse_while_leaving(order)
        found = standing(payment_id=order.payment_id)
        if found.state not in PAYABLE or not _is_open(order):
            raise PaymentClosed
        if found.is_held(now):
            raise PaymentAlreadyHeld
        if found.asked_at is not None and now - found.asked_at < ASK_AGAIN_AFTER:
            left = ASK_AGAIN_AFTER - (now - found.asked_at)
            raise AlreadyAsked(retry_after=max(1, round(left.total_seconds())))
        record(
            actor=actor,
            entity_type="order",
            entity_id=order.pk,
            action=Action.UPDATE,
            new={"payment_requested": found.state},
        )
        has_mandate = payments.mandate_of(payment_id=order.payment_id) is not None
        if not has_mandate:
            ask_to_pay(order=order, now=now)
    if has_mandate and found.state == "SCHEDULED" and order.status in UNPICKED:
        hold_scheduled(order_id=order_id, now=now)
    elif has_mandate:
        renew_on_mandate(order_id=order_id, now=now)
    return order


def _is_open(order: Order) -> bool:
    return order.left_at is None and order.status not in FINAL
