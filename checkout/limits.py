"""How often a customer may confirm: 20 times a minute, answers given before not counted."""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from checkout import keys
from checkout.errors import IdempotencyInProgress
from checkout.requests import ConfirmRequest
from checkout.services import ConfirmResult, confirm
from mami.ratelimits import CONFIRM_PER_USER, RateLimited
from payments.errors import PaymentActionRequired, PaymentPending


def limited_confirm(
    *, actor: User, key: str, request: ConfirmRequest, request_id: str, now: dt.datetime
) -> ConfirmResult:
    """`confirm` within the limit. Refused and declined attempts count, repetitions do not.

    Raises RateLimited besides what `confirm` raises.
    """
    try:
        CONFIRM_PER_USER.hit(actor.pk)
    except RateLimited:
        if not keys.is_known(user_id=actor.pk, key=key):
            raise
    try:
        result = confirm(actor=actor, key=key, request=request, request_id=request_id, now=now)
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
