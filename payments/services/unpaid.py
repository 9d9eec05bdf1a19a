"""A hold that is lost or refused: the shop needs its customer's word before it has any money."""

from __future__ import annotations

import datetime as dt

from audit import services as audit
from payments.choices import PaymentState
from payments.locks import lock_payment
from payments.models import Payment, ProviderCall, ReconciliationCase
from payments.services.calls import call_name, write_call
from payments.services.cases import open_case, resolve_case

LOST = "HOLD_LOST"
REFUSED = "CAPTURE_REFUSED"
Kind = ProviderCall.Kind
WITHOUT_MONEY = frozenset({PaymentState.SCHEDULED, PaymentState.VOIDED, PaymentState.UNPAID})


def mark_unpaid(*, payment_id: int, reason: str, now: dt.datetime, lost: bool = False) -> bool:
    """Nothing is held of this payment of an open order (any more), in the caller's transaction.

    What the provider still holds is let go. `reason` is its word. `lost` lists it as a case until
    money is held again or the order is cancelled. False when it is charged, or was unpaid already.
    """
    payment = lock_payment(payment_id=payment_id)
    if payment.state == PaymentState.UNPAID:
        return False
    if payment.state not in WITHOUT_MONEY and payment.state != PaymentState.AUTHORIZED:
        return False
    old, payment.state = payment.state, PaymentState.UNPAID
    payment.failure, payment.hold_expires_at, payment.pay_until = reason[:60], None, None
    payment.save(update_fields=["state", "failure", "hold_expires_at", "pay_until", "updated_at"])
    audit.record(
        actor=None,
        entity_type="payment",
        entity_id=payment.pk,
        action=audit.Action.UPDATE,
        old={"state": old},
        new={"state": payment.state, "reason": payment.failure},
        context={"order_number": payment.order_number},
    )
    if old == PaymentState.AUTHORIZED and not lost:
        let_go(payment=payment, now=now)
    if lost:
        open_case(payment_id=payment.pk, kind=LOST)
    return True


def note_asked(*, payment_id: int, pay_until: dt.datetime | None, now: dt.datetime) -> None:
    """The customer was asked for the money, and until when they may pay. One statement."""
    Payment.objects.filter(pk=payment_id).update(asked_at=now, pay_until=pay_until, updated_at=now)


def put_off(*, payment_id: int, pay_until: dt.datetime, now: dt.datetime) -> None:
    """An unpaid order has another window, and another last moment to pay. One statement."""
    asked = Payment.objects.filter(pk=payment_id, state=PaymentState.UNPAID)
    asked.filter(pay_until__isnull=False).update(pay_until=pay_until, updated_at=now)


def let_go(*, payment: Payment, now: dt.datetime) -> None:
    """Ask for the hold of a locked payment to be released, once; its state stays what it is."""
    if not payment.calls.filter(kind=Kind.VOID).exists():
        write_call(
            payment, Kind.VOID, payment.authorized, None, now, key=call_name(payment, "void")
        )


def resolve_lost(*, order_number: str, resolution: str, now: dt.datetime) -> None:
    """What an order's lost holds and refused charges were listed for has ended, in the caller's
    transaction: its money is held again, or it is cancelled."""
    open_ones = ReconciliationCase.objects.filter(
        payment__order_number=order_number,
        kind__in=[LOST, REFUSED],
        status=ReconciliationCase.Status.OPEN,
    )
    for payment_id, kind in open_ones.values_list("payment_id", "kind"):
        resolve_case(payment_id=payment_id, resolution=resolution, now=now, kind=kind)
