"""Between the password and the code: a challenge, good for five minutes and five tries."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from accounts.callers import UNKNOWN, Caller
from accounts.errors import (
    ChallengeInvalid,
    InvalidCredentials,
    SecondFactorInvalid,
    SecondFactorRequired,
)
from accounts.locks import lock_challenge, lock_user
from accounts.models import SignInChallenge, User
from accounts.services import guessing
from accounts.services.second_factor import recovery_code_of, spend
from accounts.services.sign_in import authenticate
from audit.services import Action, record
from core import metrics
from core.limits import SECOND_FACTOR_PER_ADDRESS, RateLimited
from core.transactions import write_transaction

LIFE = dt.timedelta(minutes=5)
TRIES = 5


def sign_in(*, email: str, password: str, caller: Caller = UNKNOWN, now: dt.datetime) -> User:
    """The person with this e-mail and password, signed in; the same for pages and API.

    Raises what `authenticate` raises, and SecondFactorRequired with a challenge: nobody is signed
    in then.
    """
    with _counted():
        user = authenticate(email=email, password=password, caller=caller, now=now)
    if user.second_factor_since is not None:
        raise SecondFactorRequired(
            challenge=challenge(user=user, now=now), expires_in=int(LIFE.total_seconds())
        )
    return user


@contextmanager
def _counted() -> Iterator[None]:
    outcome = "unavailable"
    try:
        yield
        outcome = "ok"
    except InvalidCredentials:
        outcome = "wrong"
        raise
    except RateLimited:
        outcome = "limited"
        raise
    finally:
        metrics.SIGN_INS.labels(outcome).inc()


def challenge(*, user: User, now: dt.datetime) -> str:
    """What a person whose password was right has to come back with, beside a code."""
    token = secrets.token_urlsafe(32)
    SignInChallenge.objects.create(
        user=user, secret_hash=_hash(token), version=user.token_version, expires_at=now + LIFE
    )
    return token


def answer(*, challenge: str, code: str, caller: Caller = UNKNOWN, now: dt.datetime) -> User:
    """The person who is signed in by this code; audited as a sign-in.

    Raises SecondFactorInvalid (the fifth wrong one ends the challenge), ChallengeInvalid,
    RateLimited (by address; and by device, by place or of all strangers, whatever the challenge),
    ServiceUnavailable.
    """
    if caller.address:
        SECOND_FACTOR_PER_ADDRESS.hit(caller.address)
    asked = SignInChallenge.objects.filter(secret_hash=_hash(challenge)).first()
    if asked is None:
        raise ChallengeInvalid
    counted = guessing.count_code(user_id=asked.user_id, caller=caller, now=now)
    recovery = recovery_code_of(user_id=asked.user_id, code=code)
    with write_transaction():
        user = lock_user(user_id=asked.user_id)
        row = lock_challenge(challenge_id=asked.pk)
        if row is None or not _is_open(row, user, now=now):
            raise ChallengeInvalid
        right = _judge(row, user, code, recovery, now=now)
    if not right:  # raised after the commit that counted it
        raise SecondFactorInvalid
    counted.was_right()
    return user


def _is_open(row: SignInChallenge, user: User, *, now: dt.datetime) -> bool:
    unused = row.used_at is None and row.wrong < TRIES and row.expires_at > now
    return unused and user.is_active and user.token_version == row.version


def _judge(
    row: SignInChallenge, user: User, code: str, recovery: int | None, *, now: dt.datetime
) -> bool:
    try:
        spend(user=user, code=code, recovery=recovery, now=now)
    except SecondFactorInvalid:
        row.wrong += 1
        row.save(update_fields=["wrong"])
        _record(None, user, Action.LOGIN_FAILURE)
        return False
    row.used_at = now
    row.save(update_fields=["used_at"])
    _record(user, user, Action.LOGIN_SUCCESS)
    return True


def _record(actor: User | None, user: User, action: Action) -> None:
    record(actor=actor, entity_type="user", entity_id=user.pk, action=action)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
