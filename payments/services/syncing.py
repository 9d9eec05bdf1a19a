"""Bringing our books to the provider's truth, where something happened outside the shop.

What the shop asked for itself is booked by `performing`; this looks for the rest: a hold that ran
out, a refund made in the provider's own screens or failed days later, a dispute. Whatever it finds
is booked, and listed as a case for a person to look at.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import structlog

from audit import services as audit
from core.money import ZERO
from core.transactions import write_transaction
from payments.choices import PaymentState
from payments.locks import OPEN, lock_payment
from payments.models import Payment, ProviderCall, Refund
from payments.payment_results import Outcome, Verdict
from payments.provider import HoldStatus, ProviderFailure, ProviderState
from payments.providers import provider
from payments.services.cases import open_case
from payments.services.holding import assert_no_transaction
from payments.services.recording import record_orphan
from payments.services.unpaid import mark_unpaid

log = structlog.get_logger(__name__)
Kind, State = ProviderCall.Kind, ProviderCall.State

ELSEWHERE = "done at the provider"
# Holds run out after about a week; by then each was looked at several times.
ROUND_DAYS = dt.timedelta(days=10)
ROUND_REST = dt.timedelta(hours=12)
SETTLED = dt.timedelta(minutes=1)


def sync_open_payments(*, now: dt.datetime, limit: int = 500) -> int:
    """The daily round: ask about every payment whose money is still held. The number asked."""
    held = list(
        Payment.objects.filter(
            state=PaymentState.AUTHORIZED,
            created_at__gte=now - ROUND_DAYS,
            created_at__lte=now - ROUND_REST,
        )
        .order_by("id")
        .values_list("pk", flat=True)[:limit]
    )
    for payment_id in held:
        try:
            sync_payment(payment_id=payment_id, now=now)
        except ProviderFailure as failure:
            log.warning("payment_round_broken_off", what=str(failure))
            break
    return len(held)


def sync_payment(
    *, payment_id: int, now: dt.datetime, reference: str = "", disputed: bool = False
) -> None:
    """Ask the provider about one payment and book what the shop did not know. Safe to repeat.

    A payment that is still being authorised is left to checkout, which is at it. Raises
    ProviderFailure when the provider does not answer, RuntimeError inside a transaction.
    """
    assert_no_transaction()
    payment = Payment.objects.get(pk=payment_id)
    truth = provider(payment.provider).find(
        idempotency_key=payment.idempotency_key,
        reference=payment.provider_reference or reference,
        since=payment.created_at,
    )
    if truth is None:
        return
    with write_transaction():
        payment = lock_payment(payment_id=payment_id)
        if disputed:
            open_case(payment_id=payment.pk, kind="DISPUTED")
        if payment.state == PaymentState.FAILED:
            _orphan(payment, truth, now)
        elif payment.state == PaymentState.AUTHORIZED:
            _hold(payment, truth, now)
        elif payment.captured > ZERO:
            _refunds(payment, truth, now)


def _orphan(payment: Payment, truth: ProviderState, now: dt.datetime) -> None:
    if truth.status is not HoldStatus.HELD:
        return
    outcome = Outcome(
        verdict=Verdict.AUTHORIZED,
        reference=truth.reference,
        amount=truth.authorized,
        card=truth.card,
    )
    record_orphan(payment_id=payment.pk, outcome=outcome, now=now)


def _hold(payment: Payment, truth: ProviderState, now: dt.datetime) -> None:
    """Held with us: taken or let go there by somebody else, or run out?"""
    if truth.status is HoldStatus.HELD:
        ends = truth.expires_at or payment.hold_expires_at
        Payment.objects.filter(pk=payment.pk).update(hold_checked_at=now, hold_expires_at=ends)
        return
    if truth.status not in (HoldStatus.CAPTURED, HoldStatus.VOIDED):
        return
    if payment.calls.filter(kind__in=[Kind.CAPTURE, Kind.VOID], state__in=OPEN).exists():
        return  # our own request did it; `performing` will find out and book it
    if truth.status is HoldStatus.VOIDED:
        if Payment.objects.filter(pk=payment.pk, order__isnull=False).exists():
            mark_unpaid(payment_id=payment.pk, reason=truth.reason or "voided", now=now, lost=True)
        else:
            _book(payment, PaymentState.VOIDED, audit.Action.VOID, payment.authorized)
            open_case(payment_id=payment.pk, kind="HOLD_LOST")
        return
    ProviderCall.objects.create(
        payment=payment,
        kind=Kind.CAPTURE,
        amount=truth.captured,
        idempotency_key=f"{payment.order_number}:elsewhere:capture",
        state=State.SUCCEEDED,
        finished_at=now,
    )
    payment.captured = truth.captured
    _book(payment, PaymentState.CAPTURED, audit.Action.CAPTURE, truth.captured)
    open_case(payment_id=payment.pk, kind="CAPTURED_ELSEWHERE")


def _refunds(payment: Payment, truth: ProviderState, now: dt.datetime) -> None:
    """Refunds that were made elsewhere, and ours that failed after the provider had agreed."""
    ours = {call.idempotency_key: call for call in payment.calls.filter(kind=Kind.REFUND)}
    for key, amount in truth.refunds.items():
        name = key if key in ours else f"{payment.order_number}:elsewhere:{key}"[:80]
        if name not in ours and payment.refunded + amount <= payment.captured:
            _book_foreign_refund(payment, name, amount, now)
    for key, call in ours.items():
        there = key.rpartition(":elsewhere:")[2] if ":elsewhere:" in key else key
        if there not in truth.refunds and _is_finished(call, now):
            _unbook_refund(payment, call)


def _is_finished(call: ProviderCall, now: dt.datetime) -> bool:
    """Done well before the provider was asked, so that what it said must include it."""
    return (
        call.state == State.SUCCEEDED
        and call.finished_at is not None
        and call.finished_at <= now - SETTLED
    )


def _book_foreign_refund(payment: Payment, key: str, amount: Decimal, now: dt.datetime) -> None:
    call = ProviderCall.objects.create(
        payment=payment,
        kind=Kind.REFUND,
        amount=amount,
        idempotency_key=key,
        state=State.SUCCEEDED,
        finished_at=now,
    )
    Refund.objects.create(payment=payment, call=call, amount=amount, reason=ELSEWHERE)
    payment.refunded += amount
    _book(payment, _after_refund(payment), audit.Action.REFUND, amount)
    open_case(payment_id=payment.pk, kind="REFUNDED_ELSEWHERE")


def _unbook_refund(payment: Payment, call: ProviderCall) -> None:
    ProviderCall.objects.filter(pk=call.pk).update(state=State.REFUSED, failure="failed_later")
    payment.refunded -= call.amount
    _book(payment, _after_refund(payment), audit.Action.REFUND, -call.amount)
    open_case(payment_id=payment.pk, kind="REFUND_FAILED")


def _after_refund(payment: Payment) -> PaymentState:
    if payment.refunded == ZERO:
        return PaymentState.CAPTURED
    if payment.refunded == payment.captured:
        return PaymentState.REFUNDED
    return PaymentState.PARTIALLY_REFUNDED


def _book(payment: Payment, state: str, action: audit.Action, amount: Decimal) -> None:
    old, payment.state = payment.state, state
    payment.save(update_fields=["state", "captured", "refunded", "updated_at"])
    audit.record(
        actor=None,
        entity_type="payment",
        entity_id=payment.pk,
        action=action,
        old={"state": old},
        new={"state": state, "amount": amount},
        context={"order_number": payment.order_number, "origin": "provider"},
    )
