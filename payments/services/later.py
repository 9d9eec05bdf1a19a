"""Holds that are asked for after the order stands: at their time, again, or on another card.

The order's own code decides when; here is what the payment knows: its card, who is at it just now,
and what is left of an attempt whose process died.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Q, QuerySet

from core.errors import Busy
from payments.cards import ChosenCard
from payments.choices import PaymentState
from payments.locks import OPEN, lock_payment
from payments.models import Payment, ProviderCall
from payments.payment_results import NO_ANSWER, Outcome, PaymentHandle, Verdict
from payments.services.calls import forget_kept, give_up
from payments.services.holding import LEASE, ask, authorise
from payments.services.recording import record_failed
from payments.services.unpaid import let_go

Kind, State = ProviderCall.Kind, ProviderCall.State
LONGEST_WAIT = dt.timedelta(seconds=60)
CARD_GONE = "card_removed"


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A later hold of a standing order. `is_renewal`: the shop asked for it, not the customer."""

    opened_at: dt.datetime
    is_renewal: bool


@dataclass(frozen=True, kw_only=True)
class LaterHold:
    """A hold that this process may ask for now. `is_repeat`: somebody else did before, and died."""

    handle: PaymentHandle = field(repr=False)
    is_repeat: bool


def begin_scheduled(*, payment_id: int, now: dt.datetime) -> LaterHold | None:
    """Take the hold of a SCHEDULED payment to oneself, in the caller's transaction.

    None when it is not to be asked for (any more), or another process is at it.
    """
    payment = lock_payment(payment_id=payment_id)
    if payment.state != PaymentState.SCHEDULED:
        return None
    call, _made = ProviderCall.objects.get_or_create(
        idempotency_key=payment.idempotency_key,
        defaults={"payment": payment, "kind": Kind.AUTHORIZE, "amount": payment.amount},
    )
    if call.next_attempt_at is not None and call.next_attempt_at > now:
        return None
    call.attempts += 1
    call.state, call.next_attempt_at = State.STARTED, now + LEASE
    call.save(update_fields=["attempts", "state", "next_attempt_at"])
    card = mandate(payment=payment)
    handle = PaymentHandle(
        id=payment.pk,
        user_id=payment.user_id,
        order_number=payment.order_number,
        amount=payment.amount,
        provider=payment.provider,
        idempotency_key=payment.idempotency_key,
        token=card.token if card is not None else "",
    )
    return LaterHold(handle=handle, is_repeat=call.attempts > 1)


def ask_later(*, hold: LaterHold, metadata: Mapping[str, str], now: dt.datetime) -> Outcome:
    """Ask for the hold without its cardholder, with no transaction open. Never twice: where somebody
    asked before, the provider is first asked what became of that."""
    if not hold.handle.token:
        return Outcome(verdict=Verdict.DECLINED, reason=CARD_GONE)
    if hold.is_repeat:
        found = ask(payment_id=hold.handle.id, now=now)
        if found.verdict is not Verdict.NOTHING:
            return found
    return authorise(payment=hold.handle, metadata=metadata, off_session=True)


def postpone(*, payment_id: int, now: dt.datetime, wait: dt.timedelta | None = None) -> None:
    """No answer yet: ask again, at longer and longer intervals, a minute at most."""
    for call in ProviderCall.objects.filter(
        payment_id=payment_id, kind__in=(Kind.VERIFY, Kind.AUTHORIZE), state__in=OPEN
    ):
        pause = wait or min(dt.timedelta(seconds=2 ** min(call.attempts, 6)), LONGEST_WAIT)
        call.state, call.next_attempt_at = State.UNANSWERED, now + pause
        call.save(update_fields=["state", "next_attempt_at"])


def refuse_scheduled(*, payment_id: int, reason: str, now: dt.datetime) -> None:
    """The hold was declined: its call is finished, in the caller's transaction."""
    ProviderCall.objects.filter(payment_id=payment_id, kind=Kind.AUTHORIZE, state__in=OPEN).update(
        state=State.REFUSED, failure=reason[:60], next_attempt_at=None, finished_at=now
    )


def reprice_scheduled(*, payment_id: int, amount: Decimal, authorize_at: dt.datetime) -> bool:
    """Let what is to be held later be another amount, at another time; False for any other money.

    In the caller's transaction. Raises Busy while the hold is being asked for.
    """
    payment = lock_payment(payment_id=payment_id)
    if payment.state != PaymentState.SCHEDULED:
        return False
    if payment.calls.filter(kind=Kind.AUTHORIZE, state__in=OPEN).exists():
        raise Busy
    payment.amount, payment.authorize_at = amount, authorize_at
    payment.save(update_fields=["amount", "authorize_at", "updated_at"])
    return True


def mandate(*, payment: Payment) -> ChosenCard | None:
    """The card that may be asked without its owner: one they saved, or agreed to for this order."""
    saved = payment.payment_token
    if saved is None and not payment.kept_token:
        return None
    return ChosenCard(
        provider=payment.provider,
        token=saved.token if saved is not None else payment.kept_token,
        saved_id=saved.pk if saved is not None else None,
        brand=payment.brand,
        last4=payment.last4,
    )


def mandate_of(*, payment_id: int) -> ChosenCard | None:
    """`mandate` by key. One query."""
    return mandate(payment=Payment.objects.select_related("payment_token").get(pk=payment_id))


def with_mandate() -> Q:
    """Payments whose card may be asked without its owner, as a condition below `payment__`."""
    return Q(payment__payment_token__isnull=False) | ~Q(payment__kept_token="")


def replace_payment(*, old_id: int, new_id: int, now: dt.datetime, inherit: bool = False) -> None:
    """Let the money of `old_id` go, because `new_id` takes its place, in the caller's transaction.

    `inherit`: the same card was asked again, so the agreement to do so goes along.
    """
    old = lock_payment(payment_id=old_id)
    if inherit:
        Payment.objects.filter(pk=new_id).update(
            kept_token=old.kept_token, consent_text=old.consent_text, consent_at=old.consent_at
        )
    if old.state == PaymentState.AUTHORIZED:
        let_go(payment=old, now=now)
        forget_kept(payment=old)
    elif old.state in (PaymentState.SCHEDULED, PaymentState.UNPAID):
        give_up(payment=old, actor=None, now=now)


def waiting_attempts(*, order_number: str) -> list[int]:
    """Attempts to pay a standing order whose outcome is not known, the oldest first. One query."""
    return list(
        _attempts().filter(order_number=order_number).order_by("pk").values_list("pk", flat=True)
    )


def abandoned_attempts(*, now: dt.datetime, limit: int) -> list[tuple[int, str]]:
    """Keys and order numbers of attempts whose process is late with the answer. One query."""
    due = ProviderCall.objects.filter(state__in=OPEN, next_attempt_at__lte=now)
    rows = _attempts().filter(pk__in=due.values("payment")).order_by("pk")
    return list(rows.values_list("pk", "order_number")[:limit])


def attempt_of(*, payment_id: int) -> Attempt:
    """When an attempt was opened, and for whom. One query."""
    row = Payment.objects.values_list("created_at", "is_renewal").get(pk=payment_id)
    return Attempt(opened_at=row[0], is_renewal=row[1])


def awaits_confirmation(*, payment_id: int) -> bool:
    """Whether the bank of an attempt wants its cardholder. One query."""
    return _attempts().filter(pk=payment_id).exclude(provider_reference="").exists()


def drop_attempt(*, payment_id: int, reason: str, now: dt.datetime) -> bool:
    """Give an attempt up, in the caller's transaction; money that turns up later is let go."""
    return record_failed(payment_id=payment_id, reason=reason or NO_ANSWER, now=now)


def _attempts() -> QuerySet[Payment]:
    """Second and later holds of an order without an outcome; not those of its changes."""
    later = Q(idempotency_key__contains=":authorize:", order_change__isnull=True)
    return Payment.objects.filter(later, state=PaymentState.PENDING)
