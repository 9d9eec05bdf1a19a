"""Who may confirm, and when: 20 times a minute (120 of an address), and in turn with others who want the same goods."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from accounts.models import User
from cart.selectors import wanted_products
from checkout import idempotency
from checkout.errors import IdempotencyInProgress
from checkout.fair_queue import Turnstile
from checkout.requests import ConfirmRequest
from checkout.services import ConfirmResult, confirm
from core import metrics
from core.errors import Busy, DomainError
from core.limits import CONFIRM_PER_ADDRESS, CONFIRM_PER_USER, RateLimited, hit_all
from payments.errors import PaymentActionRequired, PaymentDeclined, PaymentPending

OUTCOMES: dict[type[DomainError], str] = {
    Busy: "busy",
    PaymentActionRequired: "to_bank",
    PaymentDeclined: "declined",
    PaymentPending: "pending",
}
turnstile = Turnstile(at_once=settings.CONFIRMS_PER_PRODUCT, most_waiting=settings.CONFIRMS_WAITING)


def limited_confirm(
    *,
    actor: User,
    key: str,
    request: ConfirmRequest,
    request_id: str,
    address: str,
    now: dt.datetime,
) -> ConfirmResult:
    """`confirm` in its turn and within the limit. Refused and declined attempts count, repetitions
    do not; an answer that was given before is given again, limit or no limit. `address` is the caller's.

    The turn is over once stock and place are promised: nobody waits for another one's bank. Raises
    RateLimited besides what `confirm` raises.
    """
    with _counted(), turnstile.turn(wanted_products(user=actor)) as turn:
        _count(actor, address, key)
        return _confirm(
            actor=actor,
            address=address,
            key=key,
            request=request,
            request_id=request_id,
            now=now + turn.waited,
            promised=lambda: turnstile.over(turn),
        )


@contextmanager
def _counted() -> Iterator[None]:
    """Count how an order ended. A refusal is the shop's word; everything else failed the customer."""
    outcome = "failed"
    try:
        yield
        outcome = "ok"
    except DomainError as refusal:
        outcome = OUTCOMES.get(type(refusal), "refused" if refusal.status < 500 else "unavailable")
        raise
    finally:
        metrics.CHECKOUTS.labels(outcome).inc()


def _count(actor: User, address: str, key: str) -> None:
    try:
        hit_all((CONFIRM_PER_USER, actor.pk), (CONFIRM_PER_ADDRESS, address))
    except RateLimited:
        if not idempotency.is_known(user_id=actor.pk, key=key):
            raise


def _uncount(actor: User, address: str) -> None:
    CONFIRM_PER_USER.uncount(actor.pk)
    CONFIRM_PER_ADDRESS.uncount(address)


def _confirm(*, actor: User, address: str, **asked: Any) -> ConfirmResult:
    """Uncounts what turned out to be no new attempt."""
    try:
        result = confirm(actor=actor, **asked)
    except (IdempotencyInProgress, PaymentPending):  # asking how it went is no new attempt
        _uncount(actor, address)
        raise
    except PaymentActionRequired as wanted:
        if wanted.is_repeated:
            _uncount(actor, address)
        raise
    if result.replayed:
        _uncount(actor, address)
    return result
