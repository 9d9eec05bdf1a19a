"""Checkout's side: open a payment, ask the provider to hold the money, record what it said.

Opening and recording happen inside the caller's transactions; asking happens between them, with no
transaction open.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import structlog
from django.conf import settings
from django.db import connection

from core.money import ZERO
from payments.cards import ChosenCard
from payments.choices import PaymentState
from payments.models import Payment, ProviderCall
from payments.payment_results import (
    Outcome,
    PaymentHandle,
    Verdict,
)
from payments.provider import (
    ActionRequired,
    Declined,
    HoldStatus,
    ProviderFailure,
    ProviderRefused,
    ProviderState,
    ProviderUnreachable,
)
from payments.providers import active_name, provider

log = structlog.get_logger(__name__)

UNDER_WAY_SECONDS = 4.0
WATCH_AFTER = dt.timedelta(seconds=20)
LEASE = dt.timedelta(seconds=20)
"""How long a process may take to have an order's later hold answered, before the job looks."""
CONSENT = "hold-later-1"
"""The wording at checkout by which a customer agrees that the card is asked later."""


# The payment and the call that will ask for it: never one without the other.
_OPEN = f"""
WITH payment AS (
    INSERT INTO payments_payment
        (user_id, order_number, provider, provider_reference, idempotency_key, payment_token_id,
         brand, last4, state, amount, authorized, captured, refunded, failure, authorize_at,
         kept_token, consent_text, consent_at, is_renewal, created_at, updated_at)
    VALUES
        (%(user)s, %(number)s, %(provider)s, '', %(key)s, %(token)s,
         %(brand)s, %(last4)s, '{PaymentState.PENDING}', %(amount)s, 0, 0, 0, '', %(authorize_at)s,
         '', %(consent)s, %(consent_at)s, %(renewal)s, statement_timestamp(), statement_timestamp())
    RETURNING id
)
INSERT INTO payments_providercall
    (payment_id, kind, amount, idempotency_key, state, attempts, failure, next_attempt_at,
     created_at)
SELECT id, %(kind)s, %(amount)s, %(call)s, '{ProviderCall.State.STARTED}', 1, '', %(again_at)s, statement_timestamp()
FROM payment
RETURNING payment_id
"""  # noqa: S608 - words of ours


def open_payment(
    *,
    user_id: int,
    order_number: str,
    amount: Decimal,
    card: ChosenCard,
    now: dt.datetime,
    authorize_at: dt.datetime | None = None,
    attempt: int = 1,
    is_renewal: bool = False,
) -> PaymentHandle:
    """Write down that `amount` will be asked for, in the caller's transaction. One statement.

    `card` comes from `chosen_card`. Nothing is asked yet: that is `authorise`. With `authorize_at`
    the card is only checked now, and asked then: its owner agreed to that. A later hold of the same
    order is told by its `attempt` (`next_attempt`), and looked after by `abandoned_attempts` when
    this process dies; whoever does so has to know that it `is_renewal`.
    """
    later = f":{attempt}" if attempt > 1 else ""
    key = f"{order_number}:authorize{later}"
    is_scheduled = authorize_at is not None
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
                "authorize_at": authorize_at,
                "consent": CONSENT if is_scheduled else "",
                "consent_at": now if is_scheduled else None,
                "renewal": is_renewal,
                "kind": ProviderCall.Kind.VERIFY if is_scheduled else ProviderCall.Kind.AUTHORIZE,
                "call": f"{order_number}:verify{later}" if is_scheduled else key,
                "again_at": now + LEASE if attempt > 1 else None,
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
        is_scheduled=is_scheduled,
    )


def open_free(*, user_id: int, order_number: str, now: dt.datetime) -> PaymentHandle:
    """Write down that an order costs nothing, in the caller's transaction: nobody will be asked."""
    return _open_unasked(user_id, order_number, ZERO, PaymentState.NONE)


def open_unpaid(
    *, user_id: int, order_number: str, amount: Decimal, now: dt.datetime
) -> PaymentHandle:
    """Write down that an order's customer will pay by themselves, in the caller's transaction."""
    return _open_unasked(user_id, order_number, amount, PaymentState.UNPAID)


def _open_unasked(
    user_id: int, order_number: str, amount: Decimal, state: PaymentState
) -> PaymentHandle:
    payment = Payment.objects.create(
        user_id=user_id,
        order_number=order_number,
        provider=active_name(),
        idempotency_key=f"{order_number}:authorize",
        state=state,
        amount=amount,
    )
    return PaymentHandle(
        id=payment.pk,
        user_id=user_id,
        order_number=order_number,
        amount=amount,
        provider=payment.provider,
        idempotency_key=payment.idempotency_key,
        token="",
        is_free=state == PaymentState.NONE,
        is_unpaid=state == PaymentState.UNPAID,
    )


def next_attempt(*, order_number: str) -> int:
    """The number of an order's next hold. One query; the caller holds the order's lock."""
    return Payment.objects.filter(order_number=order_number).count() + 1


def authorise(
    *, payment: PaymentHandle, metadata: Mapping[str, str], off_session: bool = False
) -> Outcome:
    """Ask the provider to hold the money. Writes nothing; returns what was said, never raises for it.

    Where the hold is to come later, the card is checked and kept. `off_session`: its holder is not
    there.

    Takes at most PAYMENT_TIMEOUT_SECONDS. Raises RuntimeError inside a transaction, because a lock
    held while the provider thinks blocks every buyer of the same milk.
    """
    assert_no_transaction()
    if payment.is_free:
        return Outcome(verdict=Verdict.FREE)
    if payment.is_unpaid:
        return Outcome(verdict=Verdict.UNPAID)
    if payment.is_scheduled:
        return _verify(payment, metadata)
    try:
        held = provider(payment.provider).authorize(
            amount=payment.amount,
            token=payment.token,
            idempotency_key=payment.idempotency_key,
            metadata={**metadata, "order_number": payment.order_number},
            keep_for=payment.user_id if payment.keep else None,
            off_session=off_session,
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
        expires_at=held.expires_at,
    )


def _verify(payment: PaymentHandle, metadata: Mapping[str, str]) -> Outcome:
    """Check and keep the card. Without an answer nothing can have been held: as if never asked."""
    try:
        kept = provider(payment.provider).verify(
            token=payment.token,
            user_id=payment.user_id,
            idempotency_key=payment.idempotency_key.replace(":authorize", ":verify"),
            metadata={**metadata, "order_number": payment.order_number},
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
    except ProviderFailure:
        return Outcome(verdict=Verdict.UNREACHABLE)
    return Outcome(verdict=Verdict.VERIFIED, card=kept.card, kept=kept)


def ask(*, payment_id: int, now: dt.datetime) -> Outcome:
    """The provider's truth about a payment whose answer is missing. Writes nothing.

    NOTHING is only said once a request still on its way must have arrived; before that, and when
    the provider does not answer, the verdict is UNKNOWN. Raises RuntimeError inside a transaction.
    """
    assert_no_transaction()
    payment = Payment.objects.get(pk=payment_id)
    if payment.state == PaymentState.NONE:
        return Outcome(verdict=Verdict.FREE)
    if payment.state == PaymentState.UNPAID and not payment.calls.exists():
        return Outcome(verdict=Verdict.UNPAID)
    adapter = provider(payment.provider)
    is_check = payment.authorize_at is not None and payment.state == PaymentState.PENDING
    key = payment.idempotency_key
    try:
        state = (adapter.find_verified if is_check else adapter.find)(
            idempotency_key=key.replace(":authorize", ":verify") if is_check else key,
            reference=payment.provider_reference,
            since=payment.created_at,
        )
    except ProviderFailure as failure:
        log.warning("payment_unanswered", payment_id=payment_id, what=str(failure))
        return Outcome(verdict=Verdict.UNKNOWN)
    if state is not None:
        outcome = _outcome_of(state, awaited=bool(payment.provider_reference))
        if is_check and outcome.is_authorized:
            return replace(outcome, verdict=Verdict.VERIFIED, reference="")
        return outcome
    arrived = dt.timedelta(seconds=settings.PAYMENT_TIMEOUT_SECONDS + UNDER_WAY_SECONDS)
    gone = now - payment.created_at >= arrived
    return Outcome(verdict=Verdict.NOTHING if gone else Verdict.UNKNOWN)


def assert_no_transaction() -> None:
    """Raise RuntimeError when a transaction (other than a test case's own) is open."""
    blocks = connection.atomic_blocks
    if any(not getattr(block, "_from_testcase", False) for block in blocks):
        raise RuntimeError("no call to the payment provider inside a transaction")


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
        expires_at=state.expires_at if verdict is Verdict.AUTHORIZED else None,
    )
