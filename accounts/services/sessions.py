"""One row for each sign-in: a browser's session, or an app's family of refresh tokens.

Staff sign-ins are worth a shift: twelve hours at most, less when nothing happens. Ending one refuses
its cookie, its refresh token and its access token from then on.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.contrib.sessions.models import Session

from accounts.callers import UNKNOWN, Caller
from accounts.locks import lock_sign_in
from accounts.models import MANAGER_ROLES, RefreshToken, Role, SignIn, SignInKind, User
from core.errors import NotFound
from core.transactions import write_transaction

SHIFT = dt.timedelta(hours=12)
CUSTOMERS = dt.timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Lasting:
    """How long a sign-in is good at most, how long without use, how often a use is written down."""

    most: dt.timedelta
    idle: dt.timedelta
    noted: dt.timedelta


def lasting(user: User) -> Lasting:
    """What the person's role allows."""
    if user.role in MANAGER_ROLES:
        return Lasting(most=SHIFT, idle=dt.timedelta(minutes=30), noted=dt.timedelta(minutes=1))
    if user.role == Role.EMPLOYEE:
        return Lasting(most=SHIFT, idle=dt.timedelta(hours=4), noted=dt.timedelta(minutes=1))
    days = dt.timedelta(days=settings.REFRESH_TOKEN_DAYS)
    return Lasting(most=max(CUSTOMERS, days), idle=days, noted=dt.timedelta(minutes=10))


def open_web(*, user: User, session_key: str, caller: Caller = UNKNOWN, now: dt.datetime) -> SignIn:
    """A browser's."""
    return SignIn.objects.create(
        user=user, kind=SignInKind.WEB, session_key=session_key, device=caller.family,
        last_seen_at=now, created_at=now, expires_at=now + lasting(user).most,
    )  # fmt: skip


def open_app(
    *, user: User, family: uuid.UUID, caller: Caller = UNKNOWN, now: dt.datetime
) -> SignIn:
    """An app's."""
    return SignIn.objects.create(
        user=user, kind=SignInKind.APP, family=family, device=caller.family,
        last_seen_at=now, created_at=now, expires_at=now + lasting(user).most,
    )  # fmt: skip


def seen(*, sign_in_id: int, now: dt.datetime) -> None:
    """Write down a use."""
    SignIn.objects.filter(pk=sign_in_id).update(last_seen_at=now)


def end(*, actor: User, sign_in_id: int, now: dt.datetime) -> None:
    """End one of the actor's own sign-ins. Raises NotFound."""
    with write_transaction():
        row = lock_sign_in(user_id=actor.pk, sign_in_id=sign_in_id)
        if row is None:
            raise NotFound
        _end([row], now=now)


def end_all(*, user: User, now: dt.datetime) -> None:
    """End every sign-in of the locked `user`; in the caller's transaction."""
    _end(list(SignIn.objects.filter(user_id=user.pk, ended_at=None)), now=now)


def end_of_family(*, family: uuid.UUID, now: dt.datetime) -> None:
    SignIn.objects.filter(family=family, ended_at=None).update(ended_at=now)


def end_of_session(*, session_key: str, now: dt.datetime) -> None:
    SignIn.objects.filter(session_key=session_key, ended_at=None).update(ended_at=now)


def _end(rows: list[SignIn], *, now: dt.datetime) -> None:
    SignIn.objects.filter(pk__in=[row.pk for row in rows]).update(ended_at=now)
    Session.objects.filter(session_key__in=[r.session_key for r in rows if r.session_key]).delete()
    families = [row.family for row in rows if row.family]
    RefreshToken.objects.filter(family__in=families, revoked_at=None).update(revoked_at=now)
