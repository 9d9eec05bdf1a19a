"""Step four: finish what a crash, a lost answer or a lost database left between the steps."""

from __future__ import annotations

import datetime as dt

import structlog
from django.db.models import Q

from checkout.models import Reservation
from checkout.services.finalizing import commit, release_reservation
from core import clock, faults
from core.errors import DomainError
from payments import services as payments
from payments.payment_results import (
    NO_ANSWER,
    NOT_CONFIRMED,
    UNREACHABLE,
    Outcome,
    Verdict,
)

log = structlog.get_logger(__name__)


def recover(*, now: dt.datetime, limit: int = 100) -> int:
    """Settle open reservations whose request is no longer running; returns how many were settled.

    The provider decides: held money becomes the order, anything else gives everything back. While
    it does not answer, the reservation waits until it expires; money that turns up after that is
    let go. No transaction may be open.
    """
    waiting = list(
        Reservation.objects.filter(status=Reservation.Status.ACTIVE)
        .filter(Q(key__lease_expires_at__lte=now) | Q(key__isnull=True) | Q(expires_at__lte=now))
        .order_by("expires_at", "id")
        .values_list("pk", "payment_id", "expires_at")[:limit]
    )
    settled = 0
    for reservation_id, payment_id, expires_at in waiting:
        try:
            settled += _finalize(reservation_id, payment_id, expires_at <= now, now)
        except DomainError as refusal:  # somebody holds a lock: next time
            log.info("recovery_postponed", reservation_id=reservation_id, code=refusal.code)
    payments.resolve_completed(now=now)
    return settled


def _finalize(reservation_id: int, payment_id: int, expired: bool, now: dt.datetime) -> bool:
    outcome = payments.ask(payment_id=payment_id, now=now)
    faults.point("job_between_ask_and_finish")
    if outcome.is_agreed:
        if outcome.is_authorized and not outcome.awaited:
            payments.found_uncommitted(payment_id=payment_id)
        commit(
            reservation_id=reservation_id,
            outcome=outcome,
            now=clock.now(),
            recovered=outcome.is_authorized and not outcome.awaited,
        )
        return True
    if outcome.verdict is Verdict.ACTION_REQUIRED and not outcome.awaited:
        payments.record_reference(payment_id=payment_id, outcome=outcome)
    reason = _reason(outcome, expired)
    return bool(reason) and release_reservation(
        reservation_id=reservation_id, reason=reason, now=now
    )


def _reason(outcome: Outcome, expired: bool) -> str:
    """Why the payment is given up, or "" to go on waiting."""
    if outcome.verdict is Verdict.DECLINED:
        return outcome.reason or "declined"
    if outcome.verdict is Verdict.UNREACHABLE:
        return UNREACHABLE
    if outcome.verdict is Verdict.ACTION_REQUIRED:
        return NOT_CONFIRMED if expired else ""
    if outcome.verdict is Verdict.NOTHING or expired:
        return NO_ANSWER
    return ""
