"""Carrying requested calls to the provider, and writing down what came of them.

A call may be performed by several processes, be killed at any line and be repeated: the row is
leased first, an earlier attempt is looked up at the provider before it is repeated, and the result
is booked once, under the payment's lock.
"""

from __future__ import annotations

import datetime as dt

import structlog
from django.conf import settings

from audit import services as audit
from core import faults, metrics
from core.transactions import write_transaction
from payments.choices import PaymentState
from payments.locks import OPEN, lock_open_call, lock_payment
from payments.models import Payment, ProviderCall, ReconciliationCase
from payments.payment_results import Outcome, Verdict
from payments.provider import HoldStatus, ProviderFailure, ProviderRefused, ProviderState
from payments.providers import provider
from payments.services.calls import forget_kept
from payments.services.cases import open_case, resolve_case
from payments.services.holding import ask, assert_no_transaction
from payments.services.recording import record_orphan

log = structlog.get_logger(__name__)
Kind, State = ProviderCall.Kind, ProviderCall.State

ASKING = (Kind.VERIFY, Kind.AUTHORIZE)
BEING_ASKED = (PaymentState.PENDING, PaymentState.SCHEDULED)
LEASE_MARGIN = dt.timedelta(seconds=5)
LONGEST_WAIT = dt.timedelta(seconds=60)
# A payment given up without an answer is looked after this long, in case the money turns up.
WATCH = [dt.timedelta(seconds=s) for s in (30, 60, 300, 1800, 3 * 3600, 20 * 3600)]


def perform_open_calls(*, now: dt.datetime, limit: int = 100) -> int:
    """Perform every call that is due; the number performed. Raises RuntimeError in a transaction."""
    due = list(
        ProviderCall.objects.filter(state__in=OPEN, next_attempt_at__lte=now)
        .exclude(kind__in=ASKING, payment__state__in=BEING_ASKED)
        .order_by("next_attempt_at", "id")
        .values_list("pk", flat=True)[:limit]
    )
    for call_id in due:
        try:
            perform_call(call_id=call_id, now=now)
        except Exception:  # one bad row must not keep the others waiting
            log.exception("provider_call_failed", call_id=call_id)
    return len(due)


def perform_call(*, call_id: int, now: dt.datetime) -> None:
    """Ask the provider for one requested call and book the result. Safe to repeat at any time.

    Does nothing when the call is finished, leased by another process, waiting for its next try, or
    behind an unfinished call of the same payment. Raises RuntimeError inside a transaction.
    """
    assert_no_transaction()
    call = _lease(call_id=call_id, now=now)
    if call is None:
        return
    if call.kind == Kind.AUTHORIZE:
        _watch(call, now)
        return
    if call.kind == Kind.REFUND:
        faults.point("refund_between_record_and_call")
    try:
        done = call.attempts > 1 and _is_done(call, _truth(call))
        if not done:
            _ask(call)
    except ProviderRefused as refused:
        _refused(call, refused.code, now)
    except ProviderFailure as failure:
        _unanswered(call, failure, now)
    else:
        _succeeded(call, now)


def perform_capture(*, payment_id: int, now: dt.datetime) -> None:
    """Perform the charge that was asked for, unless it is done or another process is at it."""
    call = ProviderCall.objects.filter(payment_id=payment_id, kind=Kind.CAPTURE, state__in=OPEN)
    call_id = call.values_list("pk", flat=True).first()
    if call_id is not None:
        perform_call(call_id=call_id, now=now)


def _lease(*, call_id: int, now: dt.datetime) -> ProviderCall | None:
    with write_transaction():
        call = lock_open_call(call_id=call_id)
        if call is None or call.next_attempt_at is None or call.next_attempt_at > now:
            return None
        if call.kind in ASKING and call.payment.state in BEING_ASKED:
            return None  # whoever asks for this hold looks after it
        if _waits_for_another(call):
            return None
        call.attempts += 1
        patience = dt.timedelta(seconds=settings.PAYMENT_TIMEOUT_SECONDS)
        call.next_attempt_at = now + 2 * patience + LEASE_MARGIN
        call.save(update_fields=["attempts", "next_attempt_at"])
    return call


def _waits_for_another(call: ProviderCall) -> bool:
    return (
        ProviderCall.objects.filter(payment_id=call.payment_id, pk__lt=call.pk, state__in=OPEN)
        .exclude(kind__in=ASKING)
        .exists()
    )


def _ask(call: ProviderCall) -> None:
    payment, adapter = call.payment, provider(call.payment.provider)
    reference, key = payment.provider_reference, call.idempotency_key
    if call.kind == Kind.CAPTURE:
        adapter.capture(reference=reference, amount=call.amount, idempotency_key=key)
    elif call.kind == Kind.VOID:
        adapter.void(reference=reference, idempotency_key=key)
    else:
        adapter.refund(reference=reference, amount=call.amount, idempotency_key=key)


def _truth(call: ProviderCall) -> ProviderState | None:
    payment = call.payment
    return provider(payment.provider).find(
        idempotency_key=payment.idempotency_key,
        reference=payment.provider_reference,
        since=payment.created_at,
    )


def _is_done(call: ProviderCall, state: ProviderState | None) -> bool:
    """Whether an earlier attempt, whose answer was lost, took effect."""
    if state is None:
        return False
    if call.kind == Kind.CAPTURE:
        return state.status is HoldStatus.CAPTURED and state.captured == call.amount
    if call.kind == Kind.VOID:
        return state.status is HoldStatus.VOIDED
    return call.idempotency_key in state.refunds


def _unanswered(call: ProviderCall, failure: ProviderFailure, now: dt.datetime) -> None:
    wait = min(dt.timedelta(seconds=2 ** min(call.attempts, 10)), LONGEST_WAIT)
    ProviderCall.objects.filter(pk=call.pk, state__in=OPEN).update(
        state=State.UNANSWERED, failure=str(failure)[:60], next_attempt_at=now + wait
    )
    if call.kind == Kind.REFUND:
        metrics.REFUNDS.labels("unanswered").inc()
    log.warning("provider_call_unanswered", call_id=call.pk, kind=call.kind, attempts=call.attempts)


def _refused(call: ProviderCall, code: str, now: dt.datetime) -> None:
    """A no: unless the provider's own books show it as done, a person has to look at it."""
    try:
        truth = _truth(call)
    except ProviderFailure as failure:
        _unanswered(call, failure, now)
        return
    if _is_done(call, truth):
        _succeeded(call, now)
        return
    with write_transaction():
        payment = lock_payment(payment_id=call.payment_id)
        if not _finish(call, State.REFUSED, now, failure=code):
            return
        if truth is not None and truth.status is HoldStatus.VOIDED:
            _book(call, payment, now, state=PaymentState.VOIDED, action=audit.Action.VOID)
        open_case(payment_id=call.payment_id, kind=f"{call.kind}_REFUSED")
    if call.kind == Kind.REFUND:
        metrics.REFUNDS.labels("refused").inc()


def _succeeded(call: ProviderCall, now: dt.datetime) -> None:
    with write_transaction():
        payment = lock_payment(payment_id=call.payment_id)
        if not _finish(call, State.SUCCEEDED, now):
            return
        if call.kind == Kind.CAPTURE:
            payment.captured = call.amount
            _book(call, payment, now, state=PaymentState.CAPTURED, action=audit.Action.CAPTURE)
            forget_kept(payment=payment)
        elif call.kind == Kind.VOID:
            unpaid = payment.state == PaymentState.UNPAID
            state = PaymentState.UNPAID if unpaid else PaymentState.VOIDED
            _book(call, payment, now, state=state, action=audit.Action.VOID)
            forget_kept(payment=payment)
            resolution = ReconciliationCase.Resolution.VOIDED
            resolve_case(payment_id=payment.pk, resolution=resolution, now=now)
        else:
            payment.refunded += call.amount
            whole = payment.refunded == payment.captured
            state = PaymentState.REFUNDED if whole else PaymentState.PARTIALLY_REFUNDED
            _book(call, payment, now, state=state, action=audit.Action.REFUND)
            if whole:
                resolution = ReconciliationCase.Resolution.REFUNDED
                resolve_case(payment_id=payment.pk, resolution=resolution, now=now)
    if call.kind == Kind.REFUND:
        metrics.REFUNDS.labels("ok").inc()
        metrics.REFUNDED.inc(float(call.amount))


def _finish(call: ProviderCall, state: str, now: dt.datetime, *, failure: str = "") -> bool:
    """Close the call; False when another process did, which has then booked the result."""
    closed = ProviderCall.objects.filter(pk=call.pk, state__in=OPEN).update(
        state=state, failure=failure[:60], next_attempt_at=None, finished_at=now
    )
    return bool(closed)


def _book(
    call: ProviderCall, payment: Payment, now: dt.datetime, *, state: str, action: audit.Action
) -> None:
    old, payment.state = payment.state, state
    payment.save(update_fields=["state", "captured", "refunded", "updated_at"])
    audit.record(
        actor=call.actor,
        entity_type="payment",
        entity_id=payment.pk,
        action=action,
        old={"state": old},
        new={"state": state, "amount": call.amount},
        context={"order_number": payment.order_number},
    )


def _watch(call: ProviderCall, now: dt.datetime) -> None:
    """Look again for the money of a payment that was given up without an answer.

    Where the cardholder has not confirmed it yet, the provider is told to ask them no more.
    """
    outcome = ask(payment_id=call.payment_id, now=now)
    if outcome.verdict is Verdict.ACTION_REQUIRED:
        outcome = _call_off(call, outcome)
    if outcome.is_authorized:
        with write_transaction():
            record_orphan(payment_id=call.payment_id, outcome=outcome, now=now)
        return
    looks = call.attempts - 1
    if outcome.verdict is Verdict.DECLINED or looks >= len(WATCH):
        _finish(call, State.REFUSED, now, failure="never_arrived")
        return
    ProviderCall.objects.filter(pk=call.pk, state__in=OPEN).update(
        next_attempt_at=now + WATCH[looks]
    )


def _call_off(call: ProviderCall, waiting: Outcome) -> Outcome:
    """What is true after telling the provider; ACTION_REQUIRED still where it did not answer."""
    key = f"{call.payment.order_number}:call-off"
    try:
        provider(call.payment.provider).void(reference=waiting.reference, idempotency_key=key)
    except (ProviderFailure, ProviderRefused):
        return waiting  # unanswered, or confirmed in this very moment: the next look tells
    return Outcome(verdict=Verdict.DECLINED, reference=waiting.reference)
