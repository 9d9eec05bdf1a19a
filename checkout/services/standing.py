"""Ordering a date of a standing order: the ordinary steps, from its lines, with a stored card."""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from checkout.requests import StandingRequest
from checkout.services.confirm import ConfirmResult, confirm


def order_standing(
    *, actor: User, key: str, request: StandingRequest, now: dt.datetime
) -> ConfirmResult:
    """One order for one key, while its customer is away: their basket stays as it is.

    A bank that wants the customer declines, with `authentication_required` as the reason. Raises
    what `confirm` raises.
    """
    return confirm(actor=actor, key=key, request=request, request_id=key, now=now)
