"""Step three: turn a paid reservation into an order, or give back what an unpaid one held.

Both are one transaction under the lock of key and reservation, and both may be tried by several
processes: the first one decides, the others find it decided.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import structlog
from django.db import connection
from psycopg.types.json import Jsonb

from accounts.models import User
from audit import services as audit
from branches.services import release_place
from cart.errors import CartClosed
from cart.services import check_out, check_out_apart
from checkout.locks import lock_reservation
from checkout.models import IdempotencyKey, Reservation, ReservationLine
from checkout.services.snapshots import Agreed, read_again, sale
from core import faults
from core.money import ZERO
from core.transactions import write_transaction
from inventory import services as inventory
from orders.models import Order, OrderStatus
from orders.services import ask_to_pay, create_order
from payments import services as payments
from payments.payment_results import Outcome, Verdict

log = structlog.get_logger(__name__)
Status = Reservation.Status
PAYMENT_STATUS = {
    Verdict.AUTHORIZED: "AUTHORIZED",
    Verdict.VERIFIED: "SCHEDULED",
    Verdict.FREE: "NONE",
    Verdict.UNPAID: "UNPAID",
}


@dataclass(frozen=True, kw_only=True)
class Committed:
    """The answer of an order; `first` tells whether this call wrote it."""

    answer: Mapping[str, Any]
    first: bool


class _NotOpen(Exception):
    """Somebody else settled the reservation, or its payment, first: nothing may be written."""


def commit(
    *,
    reservation_id: int,
    outcome: Outcome,
    now: dt.datetime,
    agreed: Agreed | None = None,
    recovered: bool = False,
) -> Committed | None:
    """Write the order of a held payment and return the answer stored under its key.

    None when the reservation had been given back meanwhile: the money is let go then, as a
    reconciliation case. Safe to repeat: an order that exists is answered again. `agreed` is
    at hand in the process that reserved.
    `recovered` lists the payment as one that was held before its order was written, and now has it.
    """
    agreed = agreed or read_again(Reservation.objects.select_related("user").get(pk=reservation_id))
    try:
        if outcome.is_authorized and outcome.amount != agreed.reservation.total:
            raise _NotOpen
        with write_transaction(durable=True):
            body = _order(agreed, outcome, now)
            if recovered:
                payments.record_recovered(payment_id=agreed.reservation.payment_id, now=now)
            faults.point("before_commit_2")
    except _NotOpen:
        return _as_finalized(reservation_id, outcome, now)
    return Committed(answer=body, first=True)


def _as_finalized(reservation_id: int, outcome: Outcome, now: dt.datetime) -> Committed | None:
    """The answer of the order somebody else wrote; else the money belongs to no order."""
    with write_transaction(durable=True):
        reservation = lock_reservation(reservation_id=reservation_id)
        if reservation.status == Status.CONSUMED:
            return Committed(answer=_stored(reservation), first=False)
        _let_go(reservation, outcome, now)
    return None


def release_reservation(*, reservation_id: int, reason: str, now: dt.datetime) -> bool:
    """Free what the reservation holds, give its payment up with `reason`, free its key.

    False when it had been settled before. NO_ANSWER as the reason keeps an eye on the money.
    """
    with write_transaction(durable=True):
        reservation = lock_reservation(reservation_id=reservation_id)
        if reservation.status != Status.ACTIVE:
            return False
        _free(reservation, now)
        payments.record_failed(payment_id=reservation.payment_id, reason=reason, now=now)
    return True


def _order(agreed: Agreed, outcome: Outcome, now: dt.datetime) -> dict[str, Any]:
    """Locks in the shop's order: basket, then reservation and key, and the payment last."""
    reservation = agreed.reservation
    if not close_basket(agreed, now):
        raise _NotOpen
    with audit.gathered():
        order = create_order(
            actor=_placer(reservation),
            sale=sale(agreed),
            now=now,
            message=_MESSAGES.get(outcome.verdict, "order_confirmed"),
        )
        if outcome.verdict is Verdict.UNPAID:
            ask_to_pay(order=order, now=now)
        _remember_card(reservation, outcome)
        body = answer_of(order, outcome)
        if not _consume(reservation, body, now):
            raise _NotOpen
        if not payments.record_agreed(payment_id=reservation.payment_id, outcome=outcome, now=now):
            raise _NotOpen
    faults.point("after_authorised_recorded")
    return body


_MESSAGES = {Verdict.VERIFIED: "order_scheduled", Verdict.UNPAID: ""}


def _placer(reservation: Reservation) -> User:
    """Who orders: the customer, or who of the staff does it for them."""
    placed_by = reservation.details.get("placed_by")
    return User.objects.get(pk=placed_by) if placed_by else reservation.user


def answer_of(order: Order, outcome: Outcome) -> dict[str, Any]:
    """What confirm answers: `ConfirmedOut`."""
    held = outcome.is_authorized
    return {
        "order_id": order.pk,
        "order_number": order.order_number,
        "status": OrderStatus.CREATED.value,
        "total_paid": str(order.total_amount if held else ZERO),
        "total_amount": str(order.total_amount),
        "payment_status": PAYMENT_STATUS[outcome.verdict],
        "payment_reference": outcome.reference if held else "",
    }


def close_basket(agreed: Agreed, now: dt.datetime) -> bool:
    """False when the basket is no longer open, because its order was written meanwhile."""
    details = agreed.reservation.details
    if details.get("apart") or details.get("placed_by"):
        return check_out_apart(cart_id=agreed.reservation.cart_id, now=now)
    try:
        check_out(
            cart_id=agreed.reservation.cart_id,
            ordered=agreed.ordered,
            now=now,
            unchanged_since=agreed.cart_seen,
        )
    except CartClosed:
        return False
    return True


CONSUME = f"""
WITH consumed AS (
    UPDATE checkout_reservation
       SET status = '{Reservation.Status.CONSUMED}', finished_at = %s, details = '{{}}'
     WHERE id = %s AND status = '{Reservation.Status.ACTIVE}' RETURNING key_id
), stored AS (
    UPDATE checkout_idempotencykey AS k
       SET state = '{IdempotencyKey.State.DONE}', response_status = 201, response_body = %s
      FROM consumed WHERE k.id = consumed.key_id
) SELECT 1 FROM consumed
"""  # noqa: S608 - words of ours


def _consume(reservation: Reservation, body: Mapping[str, Any], now: dt.datetime) -> bool:
    """Reservation CONSUMED and key DONE in one statement; False when it is not open any more.

    What the reservation said of the person now stands in the order alone.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            CONSUME,
            [now, reservation.pk, cast(Any, Jsonb(dict(body)))],
        )
        return cursor.fetchone() is not None


def _remember_card(reservation: Reservation, outcome: Outcome) -> None:
    if not reservation.details["save_as_default"]:
        return
    if (saved := reservation.details["payment_token_id"]) is not None:
        if any(token.pk == saved for token in payments.tokens_of(user_id=reservation.user_id)):
            payments.set_default_token(actor=reservation.user, token_id=saved)
    else:
        payments.remember_card(
            actor=reservation.user, payment_id=reservation.payment_id, outcome=outcome
        )


def _let_go(reservation: Reservation, outcome: Outcome, now: dt.datetime) -> None:
    """Money is held, or a card was checked, and there will be no order for it."""
    if not outcome.is_authorized:
        if reservation.status == Status.ACTIVE:
            _free(reservation, now)
        payments.record_failed(payment_id=reservation.payment_id, reason="no_order", now=now)
        return
    log.error(
        "PAYMENT_CAPTURED_NOT_COMMITTED",
        order_number=reservation.order_number,
        payment_id=reservation.payment_id,
    )
    if reservation.status == Status.ACTIVE:
        _free(reservation, now)
    payments.record_orphan(payment_id=reservation.payment_id, outcome=outcome, now=now)


def _free(reservation: Reservation, now: dt.datetime) -> None:
    if reservation.dated_slot_id is not None:
        release_place(dated_slot_id=reservation.dated_slot_id, ordered_as=reservation.cart_id)
    rows = ReservationLine.objects.filter(reservation=reservation)
    inventory.release(
        actor=None,
        branch_id=reservation.branch_id,
        quantities=dict(rows.values_list("product_id", "quantity")),
        reference=f"order:{reservation.order_number}",
    )
    Reservation.objects.filter(pk=reservation.pk).update(
        status=Status.RELEASED, finished_at=now, details={}
    )
    if reservation.key_id is not None:
        IdempotencyKey.objects.filter(
            pk=reservation.key_id, state=IdempotencyKey.State.IN_PROGRESS
        ).update(state=IdempotencyKey.State.FREE)


def _stored(reservation: Reservation) -> Mapping[str, Any]:
    """The answer of an order that exists; read from the order when its key is gone."""
    if reservation.key is not None and reservation.key.response_body is not None:
        found: Mapping[str, Any] = reservation.key.response_body
        return found
    order = Order.objects.get(order_number=reservation.order_number)
    first = payments.first_outcome(payment_id=reservation.payment_id)
    return answer_of(order, first)
