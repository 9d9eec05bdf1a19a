"""Signing in, and the tokens of the JSON API: given out, rotated, ended."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import make_password

from accounts import selectors, tokens
from accounts.errors import InvalidCredentials
from accounts.locks import lock_refresh_token
from accounts.models import RefreshToken, User
from audit.services import Action, record
from mami.errors import TokenExpired, TokenInvalid
from mami.ratelimits import LOGIN_PER_ACCOUNT, LOGIN_PER_ADDRESS
from mami.transactions import write_transaction


@dataclass(frozen=True, kw_only=True)
class TokenPair:
    """What a client keeps. `expires_at` is the end of the access token."""

    access_token: str
    refresh_token: str
    expires_at: dt.datetime


def authenticate(*, email: str, password: str, client: str = "") -> User:
    """The active person with this e-mail and password, for pages and API alike; audited.

    Raises InvalidCredentials, which costs the same time for an unknown e-mail, a wrong password
    and a deactivated person, and RateLimited (per account and per `client` address).
    """
    if client:
        LOGIN_PER_ADDRESS.hit(client)
    account = email.strip().lower()
    LOGIN_PER_ACCOUNT.hit(account)  # counted first, so that parallel guesses cannot slip through
    user = selectors.user_by_email(email=account)
    if user is None:
        make_password(password)
        _audit_refusal(None)
        raise InvalidCredentials
    if not user.check_password(password) or not user.is_active:
        _audit_refusal(user)
        raise InvalidCredentials
    LOGIN_PER_ACCOUNT.forget(account)
    with write_transaction():
        record(actor=user, entity_type="user", entity_id=user.pk, action=Action.LOGIN_SUCCESS)
    return user


def issue_tokens(*, user: User, now: dt.datetime) -> TokenPair:
    """A first pair of tokens: a new family."""
    return _pair(user=user, family=uuid.uuid4(), now=now)


def refresh(*, refresh_token: str, now: dt.datetime) -> TokenPair:
    """Exchange a refresh token for a new pair; the old one is dead.

    A token that was exchanged before is a stolen or a lost one: its whole family ends.
    Raises TokenInvalid.
    """
    try:
        claims = tokens.decode(refresh_token, kind="refresh")
    except TokenExpired as error:
        raise TokenInvalid from error
    with write_transaction():
        pair = _rotate(claims, now=now)
    if pair is None:  # raised after the commit that ended the family
        raise TokenInvalid
    return pair


def logout(*, actor: User, refresh_token: str, now: dt.datetime) -> None:
    """End the family of this refresh token. A token that is no longer good is left as it is."""
    try:
        claims = tokens.decode(refresh_token, kind="refresh", allow_expired=True)
    except TokenInvalid:
        return
    row = RefreshToken.objects.filter(jti=claims.jti, user_id=actor.pk).first()
    if row is not None:
        end_family(family=row.family, now=now)


def end_family(*, family: uuid.UUID, now: dt.datetime) -> None:
    RefreshToken.objects.filter(family=family, revoked_at=None).update(revoked_at=now)


def end_all_tokens(*, user: User, now: dt.datetime) -> None:
    """Refuse every token given out so far, access tokens too. Saves the person's row."""
    user.token_version += 1
    user.save(update_fields=["token_version"])
    RefreshToken.objects.filter(user_id=user.pk, revoked_at=None).update(revoked_at=now)


def _rotate(claims: tokens.Claims, *, now: dt.datetime) -> TokenPair | None:
    row = lock_refresh_token(jti=claims.jti)
    if row is None or row.revoked_at is not None or row.expires_at <= now - tokens.LEEWAY:
        return None
    if row.used_at is not None:
        end_family(family=row.family, now=now)
        return None
    user = selectors.active_user(user_id=claims.user_id)
    if user is None or user.token_version != claims.version:
        return None
    row.used_at = now
    row.save(update_fields=["used_at"])
    return _pair(user=user, family=row.family, now=now)


def _pair(*, user: User, family: uuid.UUID, now: dt.datetime) -> TokenPair:
    access_until = now + dt.timedelta(minutes=settings.ACCESS_TOKEN_MINUTES)
    refresh_until = now + dt.timedelta(days=settings.REFRESH_TOKEN_DAYS)
    jti = uuid.uuid4()
    RefreshToken.objects.create(user=user, family=family, jti=jti, expires_at=refresh_until)
    return TokenPair(
        access_token=tokens.encode(
            user_id=user.pk, role=user.role, version=user.token_version, kind="access",
            jti=uuid.uuid4(), issued_at=now, expires_at=access_until,
        ),
        refresh_token=tokens.encode(
            user_id=user.pk, role=user.role, version=user.token_version, kind="refresh",
            jti=jti, issued_at=now, expires_at=refresh_until,
        ),
        expires_at=access_until,
    )  # fmt: skip


def _audit_refusal(user: User | None) -> None:
    """A refused sign-in; an unknown e-mail leaves number 0 and never the e-mail itself."""
    with write_transaction():
        record(
            actor=None,
            entity_type="user",
            entity_id=user.pk if user else 0,
            action=Action.LOGIN_FAILURE,
        )
