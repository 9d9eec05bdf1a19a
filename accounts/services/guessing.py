"""How often somebody may guess at a password, so that no stranger locks the right person out.

A try that carries the account's device, or comes from a place where the account was signed in, is
known, and counted apart from all strangers together. Counted before the password is looked at, so
that parallel guesses cannot slip through.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

from procrastinate.contrib.django import app as jobs

from accounts.callers import Caller
from accounts.services.devices import NOBODY, known_device, known_place
from core import metrics
from core.limits import (
    CODES_OF_STRANGERS,
    CODES_PER_DEVICE,
    CODES_PER_PLACE,
    GUARDED_MAIL_PER_ACCOUNT,
    LOGIN_PER_ADDRESS,
    LOGIN_PER_DEVICE,
    LOGIN_PER_PLACE,
    LOGIN_PER_STRANGERS,
    Limit,
    RateLimited,
)

GUARDED_TASK = "accounts.send_guarded"
"""Of an app above this one, which keeps the messages."""


@dataclass(frozen=True, kw_only=True)
class Try:
    """One try, counted under `subject`; a right password empties that counter and no other."""

    limit: Limit
    subject: str

    def was_right(self) -> None:
        self.limit.forget(self.subject)


def count_try(*, account: str, user_id: int | None, caller: Caller, now: dt.datetime) -> Try:
    """Count a try at the password of `account` (its e-mail, known to us or not).

    Raises RateLimited: per address; and per device, per place or for all strangers together.
    """
    if caller.address:
        LOGIN_PER_ADDRESS.hit(caller.address)
    found = _counter(account, user_id or NOBODY, caller, now)
    try:
        found.limit.hit(found.subject)
    except RateLimited:
        if found.limit is LOGIN_PER_STRANGERS:
            metrics.GUARDED.inc()
            _warn(account=account, user_id=user_id or NOBODY)
        raise
    return found


def count_code(*, user_id: int, caller: Caller, now: dt.datetime) -> Try:
    """Count a try at the second factor of somebody whose password was right.

    A challenge ends with its fifth wrong code, but whoever has the password gets another one, as often
    and from as many addresses as they like. Raises RateLimited: per device, per place or for all
    strangers together, apart from tries at the password.
    """
    found = _counter(str(user_id), user_id, caller, now, limits=OF_CODES)
    found.limit.hit(found.subject)
    return found


class _Limits(NamedTuple):
    device: Limit
    place: Limit
    strangers: Limit


OF_PASSWORDS = _Limits(LOGIN_PER_DEVICE, LOGIN_PER_PLACE, LOGIN_PER_STRANGERS)
OF_CODES = _Limits(CODES_PER_DEVICE, CODES_PER_PLACE, CODES_OF_STRANGERS)


def _counter(
    account: str,
    user_id: int,
    caller: Caller,
    now: dt.datetime,
    *,
    limits: _Limits = OF_PASSWORDS,
) -> Try:
    device = known_device(user_id=user_id, caller=caller)
    if device is not None:
        return Try(limit=limits.device, subject=str(device.pk))
    if known_place(user_id=user_id, caller=caller, now=now):
        return Try(limit=limits.place, subject=f"{user_id}:{caller.place}")
    return Try(limit=limits.strangers, subject=account)


def _warn(*, account: str, user_id: int) -> None:
    """One mail a day. The job decides whether there is somebody to tell: both cost the same."""
    try:
        GUARDED_MAIL_PER_ACCOUNT.hit(account)
    except RateLimited:
        return
    jobs.configure_task(GUARDED_TASK).defer(user_id=user_id)
