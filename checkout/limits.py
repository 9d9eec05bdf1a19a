"""Who may confirm, and when: 20 times a minute, and in turn with others who want the same goods."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings

from accounts.models import User
from cart.selectors import wanted_products
from checkout import keys
from checkout.errors import IdempotencyInProgress
from checkout.requests import ConfirmRequest
from checkout.services import ConfirmResult, confirm
from checkout.turnstile import Turnstile
from mami.ratelimits import CONFIRM_PER_USER, RateLimited
from payments.errors import PaymentActionRequired, PaymentPending

turnstile = Turnstile(at_once=settings.CONFIRMS_PER_PRODUCT, most_waiting=settings.CONFIRMS_WAITING)


def limited_confirm(
    *, actor: User, key: str, request: ConfirmRequest, request_id: str, now: dt.datetime
) -> ConfirmResult:
    """`confirm` in its turn and within the limit. Refused and declined attempts count, repetitions
    do not; an answer that was given before is given again, limit or no limit.

    The turn is over once stock and place are promised: nobody waits for another one's bank. Raises
    RateLimited besides what `confirm` raises.
    """
    with turnstile.turn(wanted_products(user=actor)) as turn:
        _count(actor, key)
        return _confirm(
            actor=actor,
            key=key,
            request=request,
            request_id=request_id,
            now=now + turn.waited,
            promised=lambda: turnstile.over(turn),
        )


def _count(actor: User, key: str) -> None:
    try:
        CONFIRM_PER_USER.hit(actor.pk)
    except RateLimited:
        if not keys.is_known(user_id=actor.pk, key=key):
            raise


def _confirm(*, actor: User, **asked: Any) -> ConfirmResult:
    """Uncounts what turned out to be no new attempt."""
    try:
        result = confirm(actor=actor, **asked)
    except (IdempotencyInProgress, PaymentPending):  # asking how it went is no new attempt
        CONFIRM_PER_USER.give_back(actor.pk)
        raise
    except PaymentActionRequired as wanted:
        if wanted.is_repeated:
            CONFIRM_PER_USER.give_back(actor.pk)
        raise
    if result.replayed:
        CONFIRM_PER_USER.give_back(actor.pk)
    return result
