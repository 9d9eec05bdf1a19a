"""Step three: turn a paid reservation into an order, or give back what an unpaid one held.

Both are one transaction under the lock of key and reservation, and both may be tried by several
processes: the first one decides, the others find it decided.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import structlog

from branches.services import give_back_place
from cart.locks import lock_cart
from cart.services import check_out
from checkout.locks import lock_reservation
from checkout.models import IdempotencyKey, Reservation, ReservationLine
from inventory import services as inventory
from mami import faults
from mami.transactions import write_transaction
from orders.services import AgreedLine, AgreedSale, place
from payments import services as payments
from payments.outcomes import Outcome, PaymentHandle

log = structlog.get_logger(__name__)
Status = Reservation.Status


class _AlreadySettled(Exception):
    """The payment was given up by somebody else between our look and our write."""


def commit(
    *,
    reservation_id: int,
    outcome: Outcome,
    now: dt.datetime,
    payment: PaymentHandle | None = None,
) -> Mapping[str, Any] | None:
    """Write the order of a held payment and return the answer stored under its key.

    None when the reservation had been given back meanwhile: the money is let go then, as a
    reconciliation case. Safe to repeat: an order that exists is answered again. `payment` is at
    hand only in the process that asked, and only needed to keep a new card.
    """
    try:
        with write_transaction(durable=True):
            reservation = lock_reservation(reservation_id=reservation_id)
            if reservation.status == Status.CONSUMED:
                return _stored(reservation)
            if reservation.status == Status.RELEASED or outcome.amount != reservation.total:
                _let_go(reservation, outcome, now)
                return None
            body = _order(reservation, outcome, payment, now)
            faults.point("before_commit_2")
        return body
    except _AlreadySettled:
        with write_transaction(durable=True):
            _let_go(lock_reservation(reservation_id=reservation_id), outcome, now)
        return None


def give_back(*, reservation_id: int, reason: str, now: dt.datetime) -> bool:
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


def _order(
    reservation: Reservation, outcome: Outcome, payment: PaymentHandle | None, now: dt.datetime
) -> dict[str, Any]:
    lines = list(ReservationLine.objects.filter(reservation=reservation).order_by("product_id"))
    cart = lock_cart(cart_id=reservation.cart_id)
    if cart is None:  # a basket with a reservation is protected from deletion
        raise _AlreadySettled
    check_out(cart=cart, ordered={line.product_id: line.quantity for line in lines})
    if not payments.record_authorised(payment_id=reservation.payment_id, outcome=outcome):
        raise _AlreadySettled
    if payment is None:  # not the process that asked: the money had been held without an order
        payments.record_recovered(payment_id=reservation.payment_id, now=now)
    faults.point("after_authorised_recorded")
    order = place(actor=reservation.user, sale=_sale(reservation, lines), now=now)
    _remember_card(reservation, payment, outcome)
    body = {
        "order_id": order.pk,
        "order_number": order.order_number,
        "status": order.status,
        "total_paid": str(order.total_amount),
        "payment_status": "AUTHORIZED",
        "payment_reference": outcome.reference,
    }
    _finish(reservation, Status.CONSUMED, now)
    IdempotencyKey.objects.filter(pk=reservation.key_id).update(
        state=IdempotencyKey.State.DONE, response_status=201, response_body=body
    )
    return body


def _sale(reservation: Reservation, lines: list[ReservationLine]) -> AgreedSale:
    details = reservation.details
    return AgreedSale(
        order_number=reservation.order_number,
        cart_id=reservation.cart_id,
        payment_id=reservation.payment_id,
        branch_id=reservation.branch_id,
        fulfillment_type=reservation.fulfillment_type,
        dated_slot_id=reservation.dated_slot_id,
        due_at=dt.datetime.fromisoformat(details["due_at"]),
        subtotal=reservation.subtotal,
        discount_total=reservation.discount_total,
        delivery_fee=reservation.delivery_fee,
        fee_vat_rate=Decimal(details["fee_vat_rate"]),
        vat_total=reservation.vat_total,
        total=reservation.total,
        notes=details["notes"],
        delivery=details["delivery"],
        lines=[
            AgreedLine(
                product_id=line.product_id,
                name_he=line.name_he,
                name_en=line.name_en,
                sku=line.sku,
                sold_by=line.sold_by,
                unit_price=line.unit_price,
                quantity=line.quantity,
                discount=line.discount,
                line_total=line.line_total,
                vat_rate=line.vat_rate,
                substitution=line.substitution,
            )
            for line in lines
        ],
    )


def _remember_card(
    reservation: Reservation, payment: PaymentHandle | None, outcome: Outcome
) -> None:
    if not reservation.details["save_as_default"]:
        return
    if (saved := reservation.details["payment_token_id"]) is not None:
        if any(token.pk == saved for token in payments.tokens_of(user_id=reservation.user_id)):
            payments.set_default_token(actor=reservation.user, token_id=saved)
    elif payment is not None:
        payments.remember_card(actor=reservation.user, payment=payment, outcome=outcome)


def _let_go(reservation: Reservation, outcome: Outcome, now: dt.datetime) -> None:
    """Money is held and there will be no order for it."""
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
        give_back_place(dated_slot_id=reservation.dated_slot_id)
    rows = ReservationLine.objects.filter(reservation=reservation)
    inventory.release(
        actor=None,
        branch_id=reservation.branch_id,
        quantities=dict(rows.values_list("product_id", "quantity")),
        reference=f"order:{reservation.order_number}",
    )
    _finish(reservation, Status.RELEASED, now)
    IdempotencyKey.objects.filter(
        pk=reservation.key_id, state=IdempotencyKey.State.IN_PROGRESS
    ).update(state=IdempotencyKey.State.FREE)


def _finish(reservation: Reservation, status: str, now: dt.datetime) -> None:
    """What the details said of the person now stands in the order, or is nobody's business."""
    Reservation.objects.filter(pk=reservation.pk).update(status=status, finished_at=now, details={})


def _stored(reservation: Reservation) -> Mapping[str, Any] | None:
    """The answer of an order that exists; read from the order when its key is gone."""
    if reservation.key is not None and reservation.key.response_body is not None:
        found: Mapping[str, Any] = reservation.key.response_body
        return found
    from orders.models import Order

    order = Order.objects.select_related("payment").get(payment_id=reservation.payment_id)
    return {
        "order_id": order.pk,
        "order_number": order.order_number,
        "status": "CREATED",
        "total_paid": str(order.total_amount),
        "payment_status": "AUTHORIZED",
        "payment_reference": order.payment.provider_reference,
    }
