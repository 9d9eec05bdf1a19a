"""Paying for an order that stands: one key, one attempt, whatever dies in between."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from accounts.models import User
from checkout import idempotency as keys
from checkout.models import IdempotencyKey
from checkout.requests import PayRequest
from core import clock, faults
from core.errors import DomainError, NotFound
from core.request_keys import check_key
from core.transactions import write_transaction
from orders import services as orders
from orders.models import Order
from payments import services as payments
from payments.errors import (
    PaymentActionRequired,
    PaymentClosed,
    PaymentDeclined,
    PaymentPending,
    PaymentUnavailable,
)
from payments.payment_results import Outcome, PaymentHandle, Verdict

PAYMENT = "payment"
RETRY_AFTER_SECONDS = 3


@dataclass(frozen=True, kw_only=True)
class _Begun:
    """An attempt: to be asked for now, or one whose request died before."""

    key_id: int
    payment_id: int
    handle: PaymentHandle | None = None


def pay(
    *,
    actor: User,
    order_id: int,
    key: str,
    request: PayRequest,
    request_id: str,
    now: dt.datetime,
) -> bool:
    """Hold the money of one's own order on another card, on a saved one, or once more.

    The new hold comes first, the old one is let go after it; where the hold is still to come, the
    card only takes the kept one's place. False when the same key had its answer already. Raises
    MissingIdempotencyKey, IdempotencyKeyReuseMismatch, IdempotencyInProgress, NotFound,
    PaymentClosed, PaymentRequired, PaymentTokenNotFound, CardNumberRefused, InvalidInput,
    PaymentDeclined, PaymentActionRequired, PaymentPending, PaymentUnavailable, Busy. Raises
    RuntimeError inside a transaction.
    """
    check_key(key)
    begun = _begin(actor, order_id, key, request, now)
    if begun is None:
        return False
    if begun.handle is None:
        outcome = payments.ask(payment_id=begun.payment_id, now=clock.now())
    else:
        faults.point("payment_between_record_and_call")
        metadata = {"user_id": str(actor.pk), "request_id": request_id}
        outcome = payments.authorise(payment=begun.handle, metadata=metadata)
        faults.point("payment_between_call_and_record")
    _settle(order_id, begun, outcome, now)
    if request.save_as_default:
        _keep(actor, request, begun.payment_id, outcome)
    return True


def return_from_bank(*, actor: User, number: str, now: dt.datetime) -> bool:
    """Whether the attempt that waited for its cardholder is the order's money now.

    Raises NotFound, and what `pay` raises about the card.
    """
    order = Order.objects.filter(user=actor, order_number=number).first()
    if order is None:
        raise NotFound
    for payment_id in payments.waiting_attempts(order_number=number):
        outcome = payments.ask(payment_id=payment_id, now=now)
        done = orders.settle_attempt(
            order_id=order.pk, payment_id=payment_id, outcome=outcome, now=now
        )
        _refuse(outcome, number)
        return done
    return False


def _begin(
    actor: User, order_id: int, key: str, request: PayRequest, now: dt.datetime
) -> _Begun | None:
    """Claim the key and open the attempt; None when the key has its answer."""
    with write_transaction(durable=True):
        claimed = keys.claim_key(
            user_id=actor.pk,
            key=key,
            body_hash=request.body_hash(order_id),
            now=now,
            scope=PAYMENT,
        )
        if claimed.state == IdempotencyKey.State.DONE:
            return None
        earlier = (claimed.response_body or {}).get("payment_id")
        if earlier is not None and claimed.created_at != now:
            return _Begun(key_id=claimed.pk, payment_id=earlier)
        handle = orders.begin_payment(
            actor=actor,
            order_id=order_id,
            payment_token_id=request.payment_token_id,
            card=request.payment,
            keep=request.save_as_default,
            now=now,
        )
        IdempotencyKey.objects.filter(pk=claimed.pk).update(response_body={"payment_id": handle.id})
    return _Begun(key_id=claimed.pk, payment_id=handle.id, handle=handle)


def _settle(order_id: int, begun: _Begun, outcome: Outcome, now: dt.datetime) -> None:
    """Record the outcome; the key is answered, freed, or may be asked again."""
    done = orders.settle_attempt(
        order_id=order_id, payment_id=begun.payment_id, outcome=outcome, now=now
    )
    if done:
        keys.store_response(key_id=begun.key_id, status=200, body={"order_id": order_id})
        return
    if outcome.verdict in (Verdict.ACTION_REQUIRED, Verdict.UNKNOWN):
        keys.end_lease(key_id=begun.key_id, now=now)
    else:
        _free(begun.key_id)
    number = Order.objects.values_list("order_number", flat=True).get(pk=order_id)
    _refuse(outcome, number)
    raise PaymentClosed  # cancelled, or leaving, while the bank was asked


def _refuse(outcome: Outcome, number: str) -> None:
    """Raise what the bank's answer means for whoever pays, unless it agreed."""
    refusals: dict[Verdict, DomainError] = {
        Verdict.DECLINED: PaymentDeclined(reason=outcome.reason),
        Verdict.ACTION_REQUIRED: PaymentActionRequired(
            redirect_url=outcome.redirect_url, order_number=number
        ),
        Verdict.UNKNOWN: PaymentPending(retry_after=RETRY_AFTER_SECONDS),
        Verdict.UNREACHABLE: PaymentUnavailable(),
        Verdict.NOTHING: PaymentUnavailable(),
    }
    if (refusal := refusals.get(outcome.verdict)) is not None:
        raise refusal


def _free(key_id: int) -> None:
    """The key may be used again, for another attempt."""
    IdempotencyKey.objects.filter(pk=key_id).update(response_body=None)
    keys.free(key_id=key_id)


def _keep(actor: User, request: PayRequest, payment_id: int, outcome: Outcome) -> None:
    """Make the card one's usual one, as was asked."""
    if request.payment_token_id is not None:
        payments.set_default_token(actor=actor, token_id=request.payment_token_id)
        return
    with write_transaction():
        payments.remember_card(actor=actor, payment_id=payment_id, outcome=outcome)
