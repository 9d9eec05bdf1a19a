"""The conductor: reserve, pay, commit, each in its own time, and one answer for each key."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts.models import User
from checkout import keys
from checkout.errors import CartAlreadyOrdered, IdempotencyInProgress
from checkout.models import Reservation
from checkout.requests import ConfirmRequest
from checkout.services.awaiting import give_way
from checkout.services.reserving import Answered, Reserved, Resumed, reserve
from checkout.services.settling import commit, give_back
from mami import clock, faults, transient
from mami.errors import Busy, NotFound
from payments import services as payments
from payments.errors import (
    PaymentActionRequired,
    PaymentDeclined,
    PaymentPending,
    PaymentUnavailable,
)
from payments.outcomes import NO_ANSWER, UNREACHABLE, Outcome, Verdict
from payments.selectors import failure_of

RETRY_AFTER_SECONDS = 3


@dataclass(frozen=True, kw_only=True)
class ConfirmResult:
    """The answer of a confirmed order. `replayed` tells that it had been given before."""

    order_id: int
    order_number: str
    status: str
    total_paid: str
    payment_status: str
    payment_reference: str
    replayed: bool = False

    def body(self) -> dict[str, Any]:
        """As api.md writes it: the same keys in the same order, first time and replay."""
        return {
            "order_id": self.order_id,
            "order_number": self.order_number,
            "status": self.status,
            "total_paid": self.total_paid,
            "payment_status": self.payment_status,
            "payment_reference": self.payment_reference,
        }


def confirm(
    *,
    actor: User,
    key: str,
    request: ConfirmRequest,
    request_id: str,
    now: dt.datetime,
    promised: Callable[[], None] = lambda: None,
) -> ConfirmResult:
    """Order the actor's basket: one order for one key, one order for one basket.

    A refusal leaves stock, slot, basket and money as they were, and the key may be used again.
    `promised` is called when the rows others may want are free again, before the bank is asked.
    Raises MissingIdempotencyKey, InvalidInput, NotFound, the refusals of `preview`, SlotRequired,
    PriceChanged, CartAlreadyOrdered, IdempotencyKeyReuseMismatch, IdempotencyInProgress,
    PaymentRequired, PaymentTokenNotFound, CardNumberRefused, PaymentDeclined,
    PaymentActionRequired, PaymentPending (not settled yet), PaymentUnavailable, Busy. Raises
    RuntimeError inside a transaction.
    """
    keys.check_key(key)
    request.check()
    started = time.monotonic()
    step = _reserve(actor, key, request, now)
    promised()
    if isinstance(step, Resumed):
        outcome = payments.ask(payment_id=step.payment_id, now=clock.now())
        if outcome.verdict is not Verdict.NOTHING:
            return _settle(step, outcome, now)
        # The first request died before it asked for money: this one begins anew.
        _give_back(step.reservation_id, NO_ANSWER, now)
        step = _reserve(actor, key, request, now)
    if isinstance(step, Answered):
        return _result(step.body, replayed=True)
    if isinstance(step, Resumed):
        raise IdempotencyInProgress(retry_after=1)
    outcome = _pay(actor, step, request_id, started)
    return _settle(step, outcome, now)


def come_back(*, actor: User, order_number: str, now: dt.datetime) -> str:
    """The number of the order whose bank wanted the actor to confirm, once they have.

    Raises NotFound, PaymentActionRequired (not confirmed yet), PaymentDeclined (refused at the
    bank, or too late: everything is given back), PaymentPending, PaymentUnavailable.
    """
    row = (
        Reservation.objects.filter(user=actor, order_number=order_number)
        .values_list("status", "pk", "key_id", "payment_id")
        .first()
    )
    if row is None:
        raise NotFound
    status, pk, key_id, payment_id = row
    if status == Reservation.Status.RELEASED:
        raise PaymentDeclined(reason=failure_of(payment_id=payment_id))
    if status == Reservation.Status.ACTIVE:
        step = Resumed(
            reservation_id=pk, key_id=key_id, payment_id=payment_id, order_number=order_number
        )
        _settle(step, payments.ask(payment_id=payment_id, now=clock.now()), now)
    return order_number


def _reserve(
    actor: User, key: str, request: ConfirmRequest, now: dt.datetime
) -> Reserved | Resumed | Answered:
    def step_one() -> Reserved | Resumed | Answered:
        return transient.retry(lambda: reserve(actor=actor, key=key, request=request, now=now))

    try:
        step = step_one()
    except CartAlreadyOrdered as refusal:
        # Who chooses another card instead of confirming at the bank need not wait it out.
        if refusal.details or not give_way(actor=actor, now=now):
            raise
        step = step_one()
    faults.point("after_commit_1")
    return step


def _pay(actor: User, step: Reserved, request_id: str, started: float) -> Outcome:
    """Ask the provider, with no transaction open; not at all when the lease could run out on it."""
    faults.point("before_provider_call")
    left = keys.LEASE.total_seconds() - (time.monotonic() - started)
    if left < settings.PAYMENT_TIMEOUT_SECONDS + 2:
        return Outcome(verdict=Verdict.UNREACHABLE)
    outcome = payments.authorise(
        payment=step.payment, metadata={"user_id": str(actor.pk), "request_id": request_id}
    )
    faults.point("after_provider_call_before_record")
    return outcome


def _settle(step: Reserved | Resumed, outcome: Outcome, now: dt.datetime) -> ConfirmResult:
    agreed = step.agreed if isinstance(step, Reserved) else None
    reservation_id = step.reservation_id
    if outcome.is_authorized:
        try:
            committed = transient.retry(
                lambda: commit(
                    reservation_id=reservation_id,
                    outcome=outcome,
                    agreed=agreed,
                    recovered=agreed is None and not outcome.awaited,
                    now=now,
                )
            )
        except Busy:  # the money is held: the job, or the same request again, completes the order
            keys.end_lease(key_id=step.key_id, now=now)
            raise PaymentPending(retry_after=RETRY_AFTER_SECONDS) from None
        faults.point("after_commit_2_before_response")
        if committed is None:
            raise PaymentUnavailable
        result = _result(committed.answer, replayed=not committed.first)
        faults.point("during_response")
        return result
    if outcome.verdict is Verdict.UNKNOWN:
        keys.end_lease(key_id=step.key_id, now=now)
        raise PaymentPending(retry_after=RETRY_AFTER_SECONDS)
    if outcome.verdict is Verdict.ACTION_REQUIRED:
        payments.record_reference(payment_id=step.payment_id, outcome=outcome)
        keys.end_lease(key_id=step.key_id, now=now)
        wanted = PaymentActionRequired(
            redirect_url=outcome.redirect_url, order_number=step.order_number
        )
        wanted.is_repeated = isinstance(step, Resumed)
        raise wanted
    reason = _REASONS.get(outcome.verdict, outcome.reason)
    _give_back(reservation_id, reason, now)
    if outcome.verdict is Verdict.DECLINED:
        raise PaymentDeclined(reason=outcome.reason)
    raise PaymentUnavailable


_REASONS = {Verdict.UNREACHABLE: UNREACHABLE, Verdict.NOTHING: NO_ANSWER}


def _give_back(reservation_id: int, reason: str, now: dt.datetime) -> None:
    transient.retry(lambda: give_back(reservation_id=reservation_id, reason=reason, now=now))


def _result(body: Mapping[str, Any], *, replayed: bool) -> ConfirmResult:
    return ConfirmResult(**body, replayed=replayed)
