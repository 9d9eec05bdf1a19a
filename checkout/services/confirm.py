"""The conductor: reserve, pay, commit, each in its own time, and one answer for each key."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts.models import User
from checkout import idempotency
from checkout.errors import CartAlreadyOrdered, IdempotencyInProgress
from checkout.models import Reservation
from checkout.requests import ConfirmRequest, StandingRequest
from checkout.services.awaiting import abandon_awaiting
from checkout.services.finalizing import commit, release_reservation
from checkout.services.reserving import Reserved, Resumed, StoredResponse, reserve
from core import clock, faults, retry
from core.errors import Busy, NotFound
from core.request_keys import check_key
from payments import services as payments
from payments.errors import (
    PaymentActionRequired,
    PaymentDeclined,
    PaymentPending,
    PaymentUnavailable,
)
from payments.payment_results import NO_ANSWER, UNREACHABLE, Outcome, Verdict
from payments.selectors import failure_of

RETRY_AFTER_SECONDS = 3


@dataclass(frozen=True, kw_only=True)
class ConfirmResult:
    """The answer of a confirmed order. `replayed` tells that it had been given before."""

    order_id: int
    order_number: str
    status: str
    total_paid: str
    total_amount: str
    payment_status: str
    payment_reference: str
    replayed: bool = False

    def body(self) -> dict[str, Any]:
        """The same keys in the same order, first time and replayed."""
        return {
            "order_id": self.order_id,
            "order_number": self.order_number,
            "status": self.status,
            "total_paid": self.total_paid,
            "payment_status": self.payment_status,
            "payment_reference": self.payment_reference,
            "total_amount": self.total_amount,
        }


def confirm(
    *,
    actor: User,
    key: str,
    request: ConfirmRequest,
    request_id: str,
    now: dt.datetime,
    promised: Callable[[], None] = lambda: None,
    placed_by: User | None = None,
) -> ConfirmResult:
    """Order the actor's basket: one order for one key, one order for one basket.

    A refusal leaves stock, slot, basket and money as they were, and the key may be used again.
    `promised` is called when the rows others may want are free again, before the bank is asked.
    `placed_by` is who of the staff orders for the actor, with a `PhoneRequest`.
    Raises MissingIdempotencyKey, InvalidInput, NotFound, the refusals of `preview`, SlotRequired,
    PriceChanged, CartAlreadyOrdered, IdempotencyKeyReuseMismatch, IdempotencyInProgress,
    PaymentRequired, PaymentTokenNotFound, CardNumberRefused, PaymentDeclined,
    PaymentActionRequired, PaymentPending (not settled yet), PaymentUnavailable, Busy. Raises
    RuntimeError inside a transaction.
    """
    check_key(key)
    request.check()
    started = time.monotonic()
    step = _reserve(actor, key, request, now, placed_by)
    promised()
    if isinstance(step, Resumed):
        outcome = payments.ask(payment_id=step.payment_id, now=clock.now())
        if outcome.verdict is not Verdict.NOTHING:
            return _finalize(step, outcome, now)
        # The first request died before it asked for money: this one begins anew.
        _release(step.reservation_id, NO_ANSWER, now)
        step = _reserve(actor, key, request, now, placed_by)
    if isinstance(step, StoredResponse):
        return _result(step.body, replayed=True)
    if isinstance(step, Resumed):
        raise IdempotencyInProgress(retry_after=1)
    absent = placed_by is not None or isinstance(request, StandingRequest)
    outcome = _pay(actor, step, request_id, started, off_session=absent)
    return _finalize(step, outcome, now)


def resume_after_authentication(*, actor: User, order_number: str, now: dt.datetime) -> str:
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
        _finalize(step, payments.ask(payment_id=payment_id, now=clock.now()), now)
    return order_number


def _reserve(
    actor: User, key: str, request: ConfirmRequest, now: dt.datetime, placed_by: User | None
) -> Reserved | Resumed | StoredResponse:
    def step_one() -> Reserved | Resumed | StoredResponse:
        return retry.retry(
            lambda: reserve(actor=actor, key=key, request=request, now=now, placed_by=placed_by)
        )

    try:
        step = step_one()
    except CartAlreadyOrdered as refusal:
        # Who chooses another card instead of confirming at the bank need not wait it out.
        if refusal.details or not abandon_awaiting(actor=actor, now=now):
            raise
        step = step_one()
    faults.point("after_commit_1")
    return step


def _pay(
    actor: User, step: Reserved, request_id: str, started: float, *, off_session: bool
) -> Outcome:
    """Ask the provider, with no transaction open; not at all when the lease could run out on it.

    `off_session`: the cardholder is on the phone or away, so nobody can confirm at a bank.
    """
    faults.point("before_provider_call")
    left = idempotency.LEASE.total_seconds() - (time.monotonic() - started)
    if left < settings.PAYMENT_TIMEOUT_SECONDS + 2:
        return Outcome(verdict=Verdict.UNREACHABLE)
    outcome = payments.authorise(
        payment=step.payment,
        metadata={"user_id": str(actor.pk), "request_id": request_id},
        off_session=off_session,
    )
    if off_session and outcome.verdict is Verdict.ACTION_REQUIRED:
        outcome = Outcome(verdict=Verdict.DECLINED, reason="authentication_required")
    faults.point("after_provider_call_before_record")
    return outcome


def _finalize(step: Reserved | Resumed, outcome: Outcome, now: dt.datetime) -> ConfirmResult:
    agreed = step.agreed if isinstance(step, Reserved) else None
    reservation_id = step.reservation_id
    if outcome.is_agreed:
        try:
            committed = retry.retry(
                lambda: commit(
                    reservation_id=reservation_id,
                    outcome=outcome,
                    agreed=agreed,
                    recovered=agreed is None and outcome.is_authorized and not outcome.awaited,
                    now=now,
                )
            )
        except Busy:  # the money is held: the job, or the same request again, completes the order
            idempotency.end_lease(key_id=step.key_id, now=now)
            raise PaymentPending(retry_after=RETRY_AFTER_SECONDS) from None
        faults.point("after_commit_2_before_response")
        if committed is None:
            raise PaymentUnavailable
        result = _result(committed.answer, replayed=not committed.first)
        faults.point("during_response")
        return result
    if outcome.verdict is Verdict.UNKNOWN:
        idempotency.end_lease(key_id=step.key_id, now=now)
        raise PaymentPending(retry_after=RETRY_AFTER_SECONDS)
    if outcome.verdict is Verdict.ACTION_REQUIRED:
        payments.record_reference(payment_id=step.payment_id, outcome=outcome)
        idempotency.end_lease(key_id=step.key_id, now=now)
        wanted = PaymentActionRequired(
            redirect_url=outcome.redirect_url, order_number=step.order_number
        )
        wanted.is_repeated = isinstance(step, Resumed)
        raise wanted
    reason = _REASONS.get(outcome.verdict, outcome.reason)
    _release(reservation_id, reason, now)
    if outcome.verdict is Verdict.DECLINED:
        raise PaymentDeclined(reason=outcome.reason)
    raise PaymentUnavailable


_REASONS = {Verdict.UNREACHABLE: UNREACHABLE, Verdict.NOTHING: NO_ANSWER}


def _release(reservation_id: int, reason: str, now: dt.datetime) -> None:
    retry.retry(lambda: release_reservation(reservation_id=reservation_id, reason=reason, now=now))


def _result(body: Mapping[str, Any], *, replayed: bool) -> ConfirmResult:
    told = {"total_amount": body["total_paid"], **body}  # answers from before it was told
    return ConfirmResult(**told, replayed=replayed)
