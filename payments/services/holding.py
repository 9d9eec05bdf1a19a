"""Checkout's side: open a payment, ask the provider to hold the money, record what it said.

Opening and recording happen inside the caller's transactions; asking happens between them, with no
transaction open.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

import structlog
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from audit import services as audit
from payments.cards import ChosenCard
from payments.models import Payment, PaymentState, ProviderCall
from payments.outcomes import NO_ANSWER, NOT_CONFIRMED, Outcome, PaymentHandle, Verdict
from payments.provider import (
    ActionRequired,
    Declined,
    HoldStatus,
    ProviderFailure,
    ProviderRefused,
    ProviderState,
    ProviderUnreachable,
)
from payments.providers import provider
from payments.services.calls import request_void
from payments.services.cases import NOT_COMMITTED, open_case

log = structlog.get_logger(__name__)

UNDER_WAY_SECONDS = 4.0
WATCH_AFTER = dt.timedelta(seconds=20)


# The payment and the call that will ask for it: never one without the other.
_OPEN = """
WITH payment AS (
    INSERT INTO payments_payment
        (user_id, order_number, provider, provider_reference, idempotency_key, payment_token_id,
         brand, last4, state, amount, authorized, captured, refunded, failure, created_at,
         updated_at)
    VALUES
        (%(user)s, %(number)s, %(provider)s, '', %(key)s, %(token)s,
         %(brand)s, %(last4)s, 'PENDING', %(amount)s, 0, 0, 0, '', statement_timestamp(),
         statement_timestamp())
    RETURNING id
)
INSERT INTO payments_providercall
    (payment_id, kind, amount, idempotency_key, state, attempts, failure, created_at)
SELECT id, 'AUTHORIZE', %(amount)s, %(key)s, 'STARTED', 1, '', statement_timestamp() FROM payment
RETURNING payment_id
"""
_BOOK = """
WITH booked AS (
    UPDATE payments_payment
    SET state = 'AUTHORIZED', provider_reference = %(reference)s, authorized = %(amount)s,
        failure = '', updated_at = statement_timestamp(),
        brand = CASE WHEN %(last4)s = '' THEN brand ELSE %(brand)s END,
        last4 = CASE WHEN %(last4)s = '' THEN last4 ELSE %(last4)s END
    WHERE id = %(id)s AND state = 'PENDING'
    RETURNING id
), answered AS (
    UPDATE payments_providercall AS c
    SET state = 'SUCCEEDED', failure = '', next_attempt_at = NULL,
        finished_at = statement_timestamp()
    FROM booked WHERE c.payment_id = booked.id AND c.kind = 'AUTHORIZE'
)
SELECT id FROM booked
"""


def open_payment(
    *, user_id: int, order_number: str, amount: Decimal, card: ChosenCard, now: dt.datetime
) -> PaymentHandle:
    """Write down that `amount` will be asked for, in the caller's transaction. One statement.

    `card` comes from `chosen_card`. Nothing is asked yet: that is `authorise`.
    """
    key = f"{order_number}:authorize"
    with connection.cursor() as cursor:
        cursor.execute(
            _OPEN,
            {
                "user": user_id,
                "number": order_number,
                "provider": card.provider,
                "key": key,
                "token": card.saved_id,
                "brand": card.brand,
                "last4": card.last4,
                "amount": amount,
            },
        )
        payment_id = cursor.fetchone()[0]
    return PaymentHandle(
        id=payment_id,
        user_id=user_id,
        order_number=order_number,
        amount=amount,
        provider=card.provider,
        idempotency_key=key,
        token=card.token,
        keep=card.keep,
    )


def authorise(*, payment: PaymentHandle, metadata: Mapping[str, str]) -> Outcome:
    """Ask the provider to hold the money. Writes nothing; returns what was said, never raises for it.

    Takes at most PAYMENT_TIMEOUT_SECONDS. Raises RuntimeError inside a transaction, because a lock
    held while the provider thinks blocks every buyer of the same milk.
    """
    assert_no_transaction()
    try:
        held = provider(payment.provider).authorize(
            amount=payment.amount,
            token=payment.token,
            idempotency_key=payment.idempotency_key,
            metadata={**metadata, "order_number": payment.order_number},
            keep_for=payment.user_id if payment.keep else None,
        )
    except Declined as declined:
        return Outcome(verdict=Verdict.DECLINED, reason=declined.reason)
    except ProviderRefused as refused:
        return Outcome(verdict=Verdict.DECLINED, reason=refused.code)
    except ActionRequired as action:
        return Outcome(
            verdict=Verdict.ACTION_REQUIRED,
            reference=action.reference,
            redirect_url=action.redirect_url,
        )
    except ProviderUnreachable:
        return Outcome(verdict=Verdict.UNREACHABLE)
    except ProviderFailure as failure:
        log.warning("payment_unanswered", payment_id=payment.id, what=str(failure))
        return Outcome(verdict=Verdict.UNKNOWN)
    return Outcome(
        verdict=Verdict.AUTHORIZED,
        reference=held.reference,
        amount=held.amount,
        card=held.card,
        kept=held.kept,
    )


def ask(*, payment_id: int, now: dt.datetime) -> Outcome:
    """The provider's truth about a payment whose answer is missing. Writes nothing.

    NOTHING is only said once a request still on its way must have arrived; before that, and when
    the provider does not answer, the verdict is UNKNOWN. Raises RuntimeError inside a transaction.
    """
    assert_no_transaction()
    payment = Payment.objects.get(pk=payment_id)
    try:
        state = provider(payment.provider).find(
            idempotency_key=payment.idempotency_key,
            reference=payment.provider_reference,
            since=payment.created_at,
        )
    except ProviderFailure as failure:
        log.warning("payment_unanswered", payment_id=payment_id, what=str(failure))
        return Outcome(verdict=Verdict.UNKNOWN)
    if state is not None:
        return _outcome_of(state, awaited=bool(payment.provider_reference))
    arrived = dt.timedelta(seconds=settings.PAYMENT_TIMEOUT_SECONDS + UNDER_WAY_SECONDS)
    gone = now - payment.created_at >= arrived
    return Outcome(verdict=Verdict.NOTHING if gone else Verdict.UNKNOWN)


def record_authorised(*, payment_id: int, outcome: Outcome) -> bool:
    """Book the hold in the caller's transaction, locking the payment; False when it was booked before.

    False also for a payment that was given up meanwhile: the money is then `record_orphan`'s.
    """
    if not outcome.is_authorized:
        raise ValueError(f"not an authorisation: {outcome.verdict}")
    with connection.cursor() as cursor:
        cursor.execute(
            _BOOK,
            {
                "id": payment_id,
                "reference": outcome.reference,
                "amount": outcome.amount,
                "brand": outcome.card.brand,
                "last4": outcome.card.last4,
            },
        )
        if cursor.fetchone() is None:
            return False
    audit.record(
        actor=None,
        entity_type="payment",
        entity_id=payment_id,
        action=audit.Action.CREATE,
        new={"state": PaymentState.AUTHORIZED, "authorized": outcome.amount},
    )
    return True


def record_reference(*, payment_id: int, outcome: Outcome) -> None:
    """Remember the provider's reference of a payment that waits for its cardholder. One statement.

    `ask` says `awaited` of it from now on.
    """
    Payment.objects.filter(pk=payment_id, state=PaymentState.PENDING).update(
        provider_reference=outcome.reference
    )


def record_failed(*, payment_id: int, reason: str, now: dt.datetime) -> bool:
    """Give the payment up in the caller's transaction; False when it was settled before.

    With the reason NO_ANSWER the provider is asked again for a day, in case the money turns up;
    with NOT_CONFIRMED it is told right away that the cardholder need not confirm any more.
    """
    failed = Payment.objects.filter(pk=payment_id, state=PaymentState.PENDING).update(
        state=PaymentState.FAILED, failure=reason[:60], updated_at=now
    )
    if not failed:
        return False
    if reason in (NO_ANSWER, NOT_CONFIRMED):
        wait = WATCH_AFTER if reason == NO_ANSWER else dt.timedelta(0)
        _asking(payment_id).update(state=ProviderCall.State.UNANSWERED, next_attempt_at=now + wait)
    else:
        _finish_asking(payment_id=payment_id, state=ProviderCall.State.REFUSED, failure=reason)
    return True


def record_orphan(*, payment_id: int, outcome: Outcome, now: dt.datetime) -> None:
    """Money turned out to be held for an order that will not be: book it and let it go.

    In the caller's transaction. Opens a reconciliation case, which resolves itself as VOIDED when
    the provider has let go. Does nothing when the payment was booked before.
    """
    booked = Payment.objects.filter(
        pk=payment_id, state__in=[PaymentState.PENDING, PaymentState.FAILED], authorized=0
    ).update(**_held(outcome))
    if not booked:
        return
    _finish_asking(payment_id=payment_id, state=ProviderCall.State.SUCCEEDED)
    open_case(payment_id=payment_id, kind=NOT_COMMITTED)
    audit.record(
        actor=None,
        entity_type="payment",
        entity_id=payment_id,
        action=audit.Action.CREATE,
        new={"state": PaymentState.AUTHORIZED, "authorized": outcome.amount},
        context={"case": NOT_COMMITTED},
    )
    request_void(payment_id=payment_id, actor=None, now=now)


def assert_no_transaction() -> None:
    """Raise RuntimeError when a transaction (other than a test case's own) is open."""
    blocks = connection.atomic_blocks
    if any(not getattr(block, "_from_testcase", False) for block in blocks):
        raise RuntimeError("no call to the payment provider inside a transaction")


def _held(outcome: Outcome) -> dict[str, object]:
    found: dict[str, object] = {
        "state": PaymentState.AUTHORIZED,
        "provider_reference": outcome.reference,
        "authorized": outcome.amount,
        "failure": "",
        "updated_at": Now(),
    }
    if outcome.card.last4:
        found |= {"brand": outcome.card.brand, "last4": outcome.card.last4}
    return found


def _asking(payment_id: int) -> QuerySet[ProviderCall]:
    return ProviderCall.objects.filter(payment_id=payment_id, kind=ProviderCall.Kind.AUTHORIZE)


def _finish_asking(*, payment_id: int, state: str, failure: str = "") -> None:
    _asking(payment_id).update(
        state=state, failure=failure[:60], next_attempt_at=None, finished_at=Now()
    )


def _outcome_of(state: ProviderState, *, awaited: bool) -> Outcome:
    verdict = {
        HoldStatus.HELD: Verdict.AUTHORIZED,
        HoldStatus.CAPTURED: Verdict.AUTHORIZED,
        HoldStatus.PROCESSING: Verdict.UNKNOWN,
        HoldStatus.ACTION_REQUIRED: Verdict.ACTION_REQUIRED,
        HoldStatus.DECLINED: Verdict.DECLINED,
        HoldStatus.VOIDED: Verdict.DECLINED,
    }[state.status]
    return Outcome(
        verdict=verdict,
        reference=state.reference,
        amount=state.authorized if verdict is Verdict.AUTHORIZED else Decimal("0.00"),
        card=state.card,
        kept=state.kept if verdict is Verdict.AUTHORIZED else None,
        reason=state.reason or ("voided" if state.status is HoldStatus.VOIDED else ""),
        redirect_url=state.redirect_url,
        awaited=awaited,
    )
