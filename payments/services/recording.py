"""Writing down what the provider said of a hold, in the caller's transaction: agreed, failed, found late."""

from __future__ import annotations

import datetime as dt

import structlog
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from audit import services as audit
from core.money import ZERO
from payments.choices import PaymentState
from payments.locks import OPEN
from payments.models import Payment, ProviderCall
from payments.payment_results import (
    NO_ANSWER,
    NOT_CONFIRMED,
    Outcome,
    Verdict,
)
from payments.services.calls import request_void
from payments.services.cases import NOT_COMMITTED, open_case

log = structlog.get_logger(__name__)
WATCH_AFTER = dt.timedelta(seconds=20)
_BOOK = f"""
WITH booked AS (
    UPDATE payments_payment
    SET state = '{PaymentState.AUTHORIZED}', provider_reference = %(reference)s, authorized = %(amount)s,
        failure = '', updated_at = statement_timestamp(), hold_expires_at = %(expires_at)s,
        hold_checked_at = COALESCE(%(now)s, statement_timestamp()),
        brand = CASE WHEN %(last4)s = '' THEN brand ELSE %(brand)s END,
        last4 = CASE WHEN %(last4)s = '' THEN last4 ELSE %(last4)s END
    WHERE id = %(id)s AND state IN ('{PaymentState.PENDING}', '{PaymentState.SCHEDULED}')
    RETURNING id
), answered AS (
    UPDATE payments_providercall AS c
    SET state = '{ProviderCall.State.SUCCEEDED}', failure = '', next_attempt_at = NULL,
        finished_at = statement_timestamp()
    FROM booked WHERE c.payment_id = booked.id AND c.kind = '{ProviderCall.Kind.AUTHORIZE}'
)
SELECT id FROM booked
"""  # noqa: S608 - words of ours


_KEEP = f"""
WITH booked AS (
    UPDATE payments_payment
    SET state = '{PaymentState.SCHEDULED}', provider_reference = '', failure = '', updated_at = %(now)s,
        brand = CASE WHEN %(last4)s = '' THEN brand ELSE %(brand)s END,
        last4 = CASE WHEN %(last4)s = '' THEN last4 ELSE %(last4)s END,
        kept_token = CASE WHEN %(kept)s::text IS NULL THEN kept_token
                          WHEN payment_token_id IS NOT NULL THEN '' ELSE %(kept)s END
    WHERE id = %(id)s AND state = '{PaymentState.PENDING}'
    RETURNING id
), answered AS (
    UPDATE payments_providercall AS c
    SET state = '{ProviderCall.State.SUCCEEDED}', failure = '', next_attempt_at = NULL,
        finished_at = statement_timestamp()
    FROM booked WHERE c.payment_id = booked.id AND c.kind = '{ProviderCall.Kind.VERIFY}'
)
SELECT id FROM booked
"""  # noqa: S608 - words of ours


def record_agreed(*, payment_id: int, outcome: Outcome, now: dt.datetime) -> bool:
    """Book what was agreed in the caller's transaction: held, to be held later, or nothing due.

    False when it was booked before, or the payment was given up meanwhile.
    """
    if outcome.verdict is Verdict.AUTHORIZED:
        return record_authorised(payment_id=payment_id, outcome=outcome)
    found = Payment.objects.filter(pk=payment_id)
    if outcome.verdict is Verdict.FREE:
        return found.filter(state=PaymentState.NONE).exists()
    if outcome.verdict is Verdict.UNPAID:
        return found.filter(state=PaymentState.UNPAID).exists()
    with connection.cursor() as cursor:
        cursor.execute(
            _KEEP,
            {
                "id": payment_id,
                "now": now,
                "brand": outcome.card.brand,
                "last4": outcome.card.last4,
                "kept": outcome.kept.token if outcome.kept is not None else None,
            },
        )
        if cursor.fetchone() is None:
            return False
    audit.record(
        actor=None,
        entity_type="payment",
        entity_id=payment_id,
        action=audit.Action.CREATE,
        new={"state": PaymentState.SCHEDULED},
    )
    return True


def record_authorised(*, payment_id: int, outcome: Outcome, now: dt.datetime | None = None) -> bool:
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
                "expires_at": outcome.expires_at,
                "now": now,
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


def first_outcome(*, payment_id: int) -> Outcome:
    """What was agreed when an order was placed with this payment, whatever became of it. One query."""
    payment = Payment.objects.get(pk=payment_id)
    if payment.amount == ZERO:
        return Outcome(verdict=Verdict.FREE)
    if payment.authorize_at is not None:
        return Outcome(verdict=Verdict.VERIFIED)
    if not payment.calls.exists():
        return Outcome(verdict=Verdict.UNPAID)
    return Outcome(verdict=Verdict.AUTHORIZED, reference=payment.provider_reference)


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
        _asking(payment_id).filter(kind=ProviderCall.Kind.AUTHORIZE).update(
            state=ProviderCall.State.UNANSWERED, next_attempt_at=now + wait
        )
        _finish_check(payment_id, reason)
    else:
        _finish_asking(payment_id=payment_id, state=ProviderCall.State.REFUSED, failure=reason)
    return True


def record_orphan(*, payment_id: int, outcome: Outcome, now: dt.datetime) -> None:
    """Money turned out to be held for an order that will not be: book it and let it go.

    In the caller's transaction. Opens a reconciliation case, which resolves itself as VOIDED when
    the provider has let go. Does nothing when the payment was booked before.
    """
    booked = Payment.objects.filter(
        pk=payment_id,
        state__in=[PaymentState.PENDING, PaymentState.FAILED, PaymentState.VOIDED],
        authorized=0,
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


def _held(outcome: Outcome) -> dict[str, object]:
    found: dict[str, object] = {
        "state": PaymentState.AUTHORIZED,
        "provider_reference": outcome.reference,
        "authorized": outcome.amount,
        "failure": "",
        "updated_at": Now(),
        "hold_expires_at": outcome.expires_at,
        "hold_checked_at": Now(),
    }
    if outcome.card.last4:
        found |= {"brand": outcome.card.brand, "last4": outcome.card.last4}
    return found


def _asking(payment_id: int) -> QuerySet[ProviderCall]:
    kinds = [ProviderCall.Kind.AUTHORIZE, ProviderCall.Kind.VERIFY]
    return ProviderCall.objects.filter(payment_id=payment_id, kind__in=kinds)


def _finish_check(payment_id: int, reason: str) -> None:
    """A check of a card held nothing: there is nothing to look after."""
    _asking(payment_id).filter(kind=ProviderCall.Kind.VERIFY, state__in=OPEN).update(
        state=ProviderCall.State.REFUSED, failure=reason[:60], finished_at=Now()
    )


def _finish_asking(*, payment_id: int, state: str, failure: str = "") -> None:
    _asking(payment_id).update(
        state=state, failure=failure[:60], next_attempt_at=None, finished_at=Now()
    )
