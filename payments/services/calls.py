"""What follows a hold: asking to take the money, to let it go, or to give it back.

A request is one row written in the caller's transaction, under the payment's lock, with everything
needed to repeat it. `payments.services.provider_calls` carries it to the provider after the commit.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q, Sum

from audit import services as audit
from core.money import ZERO
from payments.choices import PaymentState
from payments.disputes import taken_away
from payments.errors import (
    CaptureExceedsAuthorization,
    PaymentNotHeld,
    RefundExceedsCapture,
    RefundKeyReused,
)
from payments.locks import OPEN, lock_payment
from payments.models import Payment, PaymentToken, ProviderCall, Refund, RefundReason
from payments.provider import ProviderFailure, ProviderRefused
from payments.providers import provider

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
        raise PaymentNotHeld(payment_status=payment.state)
    if amount > payment.authorized:
        raise CaptureExceedsAuthorization(authorized=str(payment.authorized))
    if amount == ZERO:
        return write_call(payment, Kind.VOID, payment.authorized, actor, now)
    return write_call(payment, Kind.CAPTURE, amount, actor, now)


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
        raise PaymentNotHeld(payment_status=payment.state)
    return write_call(payment, Kind.VOID, payment.authorized, actor, now)


def request_refund(
    *,
    payment_id: int,
    amount: Decimal,
    reason: str,
    actor: Any,
    key: str,
    now: dt.datetime,
    reason_code: str = RefundReason.OTHER,
    body_hash: str = "",
) -> int:
    """Ask for `amount` to be given back, with the `reason` a manager gave. Returns the call's id.

    The same `key` of the same actor again returns the first call; with another amount it raises
    RefundKeyReused.
    Raises RefundExceedsCapture when, with refunds under way, more would be given than was taken.
    """
    payment = lock_payment(payment_id=payment_id)
    why = _Why(code=reason_code, text=reason, body_hash=body_hash)
    return _refund(payment, amount, why, actor, key, now, limit=refundable(payment))


def mark_followed(*, call_id: int) -> None:
    """The order's side of a finished call is written, in the caller's transaction."""
    ProviderCall.objects.filter(pk=call_id).update(is_followed=True)


def refund_id_of(*, call_id: int) -> int:
    """The refund of a call that `request_refund` returned. One query."""
    return Refund.objects.values_list("pk", flat=True).get(call_id=call_id)


def void_or_refund(*, payment_id: int, reason: str, actor: Any, now: dt.datetime) -> int | None:
    """Undo the whole payment of a cancelled order: let the hold go, or refund what was taken.

    A capture under way is refunded after it. What was to be held later, or again, never will be.
    Returns the call's id, None when there is nothing to undo. Safe to repeat.
    """
    payment = lock_payment(payment_id=payment_id)
    if payment.state in (PaymentState.SCHEDULED, PaymentState.UNPAID):
        give_up(payment=payment, actor=actor, now=now)
        return None
    calls = _calls(payment, Kind.CAPTURE, Kind.VOID)
    for call in calls:
        if call.kind == Kind.VOID:
            return call.pk
    capture = next((call for call in calls if call.kind == Kind.CAPTURE), None)
    if capture is None:
        if payment.state != PaymentState.AUTHORIZED:
            return None
        return write_call(payment, Kind.VOID, payment.authorized, actor, now)
    if capture.state == ProviderCall.State.REFUSED:
        return None  # its hold was let go, or is lost
    rest = refundable(payment, taken=capture.amount)
    if rest <= ZERO:
        return None
    return _refund(payment, rest, _Why(text=reason), actor, "give-back", now, limit=rest)


def refundable(payment: Payment, *, taken: Decimal | None = None) -> Decimal:
    """What may still be given back of a locked payment.

    Refunds under way count as given, and what banks contest as gone.
    """
    under_way: Decimal | None = payment.calls.filter(kind=Kind.REFUND, state__in=OPEN).aggregate(
        total=Sum("amount")
    )["total"]
    captured = payment.captured if taken is None else taken
    return captured - payment.refunded - (under_way or ZERO) - taken_away(payment_id=payment.pk)


@dataclass(frozen=True, kw_only=True)
class _Why:
    text: str
    code: str = RefundReason.OTHER
    body_hash: str = ""


def refund_name(order_number: str, actor: Any, key: str) -> str:
    """How a refund is named to the provider: a key belongs to the person who sent it."""
    whose = "" if actor is None else str(actor.pk)
    digest = hashlib.sha256(f"{whose}:{key}".encode()).hexdigest()[:24]
    return f"{order_number}:refund:{digest}"


def _refund(
    payment: Payment,
    amount: Decimal,
    why: _Why,
    actor: Any,
    key: str,
    now: dt.datetime,
    *,
    limit: Decimal,
) -> int:
    name = refund_name(payment.order_number, actor, key)
    earlier = payment.calls.filter(idempotency_key=name).first()
    if earlier is not None:
        if earlier.amount != amount:
            raise RefundKeyReused
        return earlier.pk
    if amount <= ZERO or amount > limit:
        raise RefundExceedsCapture(captured=str(payment.captured), refundable=str(max(limit, ZERO)))
    call_id = write_call(payment, Kind.REFUND, amount, actor, now, key=name)
    Refund.objects.create(
        payment=payment,
        call_id=call_id,
        amount=amount,
        reason_code=why.code,
        reason=why.text[:REASON_LENGTH],
        body_hash=why.body_hash,
        actor_id=actor.pk if actor is not None else None,
    )
    return call_id


def give_up(*, payment: Payment, actor: Any, now: dt.datetime) -> None:
    """A locked payment of which nothing is held will not be asked for any more: VOIDED at once."""
    old, payment.state, payment.pay_until = payment.state, PaymentState.VOIDED, None
    payment.save(update_fields=["state", "pay_until", "updated_at"])
    audit.record(
        actor=actor,
        entity_type="payment",
        entity_id=payment.pk,
        action=audit.Action.VOID,
        old={"state": old},
        new={"state": payment.state},
        context={"order_number": payment.order_number},
    )
    asked = payment.calls.filter(kind=Kind.AUTHORIZE, state__in=OPEN)
    asked.update(state=ProviderCall.State.UNANSWERED, next_attempt_at=now)
    forget_kept(payment=payment)


def forget_kept(*, payment: Payment) -> None:
    """Let the provider forget a card that was kept for this order only, after the commit."""
    token = payment.kept_token
    if not token:
        return
    Payment.objects.filter(pk=payment.pk).update(kept_token="")
    is_saved = PaymentToken.objects.filter(provider=payment.provider, token=token).exists()
    others = Payment.objects.filter(provider=payment.provider, kept_token=token)
    if not is_saved and not others.exists():
        transaction.on_commit(partial(_forget, payment.provider, token), robust=True)


def _forget(name: str, token: str) -> None:
    try:
        provider(name).forget(token=token)
    except (ProviderFailure, ProviderRefused) as failure:
        log.warning("card_not_forgotten", provider=name, what=str(failure))


def _calls(payment: Payment, *kinds: str) -> list[ProviderCall]:
    return list(payment.calls.filter(Q(kind__in=kinds)).order_by("id"))


def write_call(
    payment: Payment,
    kind: ProviderCall.Kind,
    amount: Decimal,
    actor: Any,
    now: dt.datetime,
    *,
    key: str = "",
) -> int:
    """Write down what will be asked about a locked payment, and try it after the commit; its id."""
    call = ProviderCall.objects.create(
        payment=payment,
        kind=kind,
        amount=amount,
        idempotency_key=key or call_name(payment, kind.lower()),
        actor_id=actor.pk if actor is not None else None,
        next_attempt_at=now,
    )
    transaction.on_commit(lambda: _attempt(call.pk), robust=True)
    return call.pk


def call_name(payment: Payment, what: str) -> str:
    """Our name for what is asked about a payment; those of an order's later holds bear a number."""
    later = payment.idempotency_key.partition(":authorize")[2]
    return f"{payment.order_number}:{what}{later}"


def _attempt(call_id: int) -> None:
    """Try at once, in the process that asked; the job tries again whatever happens here."""
    from core import clock
    from payments.services.provider_calls import perform_call

    perform_call(call_id=call_id, now=clock.now())
