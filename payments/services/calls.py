"""What follows a hold: asking to take the money, to let it go, or to give it back.

A request is one row written in the caller's transaction, under the payment's lock, with everything
needed to repeat it. `payments.services.performing` carries it to the provider after the commit.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q, Sum

from mami.money import ZERO
from payments.errors import (
    CaptureExceedsAuthorization,
    PaymentNotHeld,
    RefundExceedsCapture,
    RefundKeyReused,
)
from payments.locks import OPEN, lock_payment
from payments.models import Payment, PaymentState, ProviderCall, Refund

log = structlog.get_logger(__name__)
Kind = ProviderCall.Kind
REASON_LENGTH = 200


def request_capture(*, payment_id: int, amount: Decimal, actor: Any, now: dt.datetime) -> int:
    """Ask for `amount` of the hold to be taken; the rest is let go. Returns the call's id.

    Once per payment: the same amount again returns the first call. An amount of 0.00 lets the
    whole hold go. Raises CaptureExceedsAuthorization, and PaymentNotHeld when the money is not
    held, is being let go, or was taken with another amount.
    """
    payment = lock_payment(payment_id=payment_id)
    earlier = _calls(payment, Kind.CAPTURE, Kind.VOID)
    for call in earlier:
        if (call.kind, call.amount) == (Kind.CAPTURE, amount):
            return call.pk
        if call.kind == Kind.VOID and amount == ZERO:
            return call.pk
    if earlier or payment.state != PaymentState.AUTHORIZED:
        raise PaymentNotHeld(state=payment.state)
    if amount > payment.authorized:
        raise CaptureExceedsAuthorization(authorized=str(payment.authorized))
    if amount == ZERO:
        return _write(payment, Kind.VOID, payment.authorized, actor, now)
    return _write(payment, Kind.CAPTURE, amount, actor, now)


def request_void(*, payment_id: int, actor: Any, now: dt.datetime) -> int:
    """Ask for the whole hold to be let go. Returns the call's id; the first one when asked again.

    Raises PaymentNotHeld when nothing is held or it is being taken.
    """
    payment = lock_payment(payment_id=payment_id)
    earlier = _calls(payment, Kind.CAPTURE, Kind.VOID)
    for call in earlier:
        if call.kind == Kind.VOID:
            return call.pk
    if earlier or payment.state != PaymentState.AUTHORIZED:
        raise PaymentNotHeld(state=payment.state)
    return _write(payment, Kind.VOID, payment.authorized, actor, now)


def request_refund(
    *,
    payment_id: int,
    amount: Decimal,
    reason: str,
    actor: Any,
    key: str,
    now: dt.datetime,
) -> int:
    """Ask for `amount` to be given back, with the `reason` a manager gave. Returns the call's id.

    The same `key` again returns the first call; with another amount it raises RefundKeyReused.
    Raises RefundExceedsCapture when, with refunds under way, more would be given than was taken.
    """
    payment = lock_payment(payment_id=payment_id)
    return _refund(payment, amount, reason, actor, key, now, limit=refundable(payment))


def give_back(*, payment_id: int, reason: str, actor: Any, now: dt.datetime) -> int | None:
    """Undo the whole payment of a cancelled order: let the hold go, or refund what was taken.

    A capture under way is refunded after it. Returns the call's id, None when there is nothing to
    undo. Safe to repeat.
    """
    payment = lock_payment(payment_id=payment_id)
    calls = _calls(payment, Kind.CAPTURE, Kind.VOID)
    for call in calls:
        if call.kind == Kind.VOID:
            return call.pk
    capture = next((call for call in calls if call.kind == Kind.CAPTURE), None)
    if capture is None:
        if payment.state != PaymentState.AUTHORIZED:
            return None
        return _write(payment, Kind.VOID, payment.authorized, actor, now)
    if capture.state == ProviderCall.State.REFUSED:
        return None
    rest = refundable(payment, taken=capture.amount)
    if rest <= ZERO:
        return None
    return _refund(payment, rest, reason, actor, "give-back", now, limit=rest)


def refundable(payment: Payment, *, taken: Decimal | None = None) -> Decimal:
    """What may still be given back of a locked payment, refunds under way counted as given."""
    under_way: Decimal | None = payment.calls.filter(kind=Kind.REFUND, state__in=OPEN).aggregate(
        total=Sum("amount")
    )["total"]
    captured = payment.captured if taken is None else taken
    return captured - payment.refunded - (under_way or ZERO)


def _refund(
    payment: Payment,
    amount: Decimal,
    reason: str,
    actor: Any,
    key: str,
    now: dt.datetime,
    *,
    limit: Decimal,
) -> int:
    digest = hashlib.sha256(key.encode()).hexdigest()[:24]
    name = f"{payment.order_number}:refund:{digest}"
    earlier = payment.calls.filter(idempotency_key=name).first()
    if earlier is not None:
        if earlier.amount != amount:
            raise RefundKeyReused
        return earlier.pk
    if amount <= ZERO or amount > limit:
        raise RefundExceedsCapture(captured=str(payment.captured), refundable=str(max(limit, ZERO)))
    call_id = _write(payment, Kind.REFUND, amount, actor, now, key=name)
    Refund.objects.create(
        payment=payment,
        call_id=call_id,
        amount=amount,
        reason=reason[:REASON_LENGTH],
        actor_id=actor.pk if actor is not None else None,
    )
    return call_id


def _calls(payment: Payment, *kinds: str) -> list[ProviderCall]:
    return list(payment.calls.filter(Q(kind__in=kinds)).order_by("id"))


def _write(
    payment: Payment,
    kind: ProviderCall.Kind,
    amount: Decimal,
    actor: Any,
    now: dt.datetime,
    *,
    key: str = "",
) -> int:
    call = ProviderCall.objects.create(
        payment=payment,
        kind=kind,
        amount=amount,
        idempotency_key=key or f"{payment.order_number}:{kind.lower()}",
        actor_id=actor.pk if actor is not None else None,
        next_attempt_at=now,
    )
    transaction.on_commit(lambda: _attempt(call.pk), robust=True)
    return call.pk


def _attempt(call_id: int) -> None:
    """Try at once, in the process that asked; the job tries again whatever happens here."""
    from mami import clock
    from payments.services.performing import perform_call

    perform_call(call_id=call_id, now=clock.now())
