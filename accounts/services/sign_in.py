"""Signing in, and the tokens of the JSON API: given out, rotated, ended."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, replace

from django.conf import settings

from accounts import hashing, selectors, tokens
from accounts.callers import UNKNOWN, Caller
from accounts.errors import InvalidCredentials
from accounts.locks import lock_refresh_token, lock_user
from accounts.models import RefreshToken, SignIn, User
from accounts.services import guessing, sessions
from accounts.services.devices import remember
from audit.services import Action, record
from core.email_identity import known_identity
from core.errors import TokenExpired, TokenInvalid
from core.limits import REFRESH_PER_ADDRESS, REFRESH_PER_FAMILY
from core.transactions import write_transaction

REUSE_GRACE = dt.timedelta(seconds=10)
"""A client that sends several refreshes at once is no thief: so long after the exchange its
losers are refused and nothing more."""


@dataclass(frozen=True, kw_only=True)
class TokenPair:
    """What a client keeps. `expires_at` is the end of the access token."""

    access_token: str
    refresh_token: str
    expires_at: dt.datetime
    device_token: str = ""


def authenticate(*, email: str, password: str, caller: Caller = UNKNOWN, now: dt.datetime) -> User:
    """The active person with this e-mail and password, for pages and API alike; audited.

    Whoever has a second factor is not signed in by this: see `sign_in`. Raises InvalidCredentials, which costs the same time for an unknown e-mail, a wrong password
    and a deactivated person; RateLimited (see guessing), and ServiceUnavailable when too many
    sign in at once. No connection is held while the hash is computed.
    """
    account = known_identity(email) or email.strip()
    user = selectors.user_by_email(email=email)
    attempt = guessing.count_try(
        account=account, user_id=user.pk if user else None, caller=caller, now=now
    )
    right, outdated = hashing.matches(password, user.password if user else "")
    if user is None or not right or not user.is_active:
        _audit_refusal(user)
        raise InvalidCredentials
    attempt.was_right()
    if outdated:
        _hash_anew(user, password)
    if user.second_factor_since is not None:
        return user
    with write_transaction():
        record(actor=user, entity_type="user", entity_id=user.pk, action=Action.LOGIN_SUCCESS)
    return user


def _hash_anew(user: User, password: str) -> None:
    """Keep the password under today's parameters, unless it was changed meanwhile."""
    before, user.password = user.password, hashing.hashed(password)
    User.objects.filter(pk=user.pk, password=before).update(password=user.password)


def issue_tokens(*, user: User, caller: Caller = UNKNOWN, now: dt.datetime) -> TokenPair:
    """A first pair of tokens: a new family, and a sign-in of its own."""
    family = uuid.uuid4()
    with write_transaction():
        row = sessions.open_app(user=user, family=family, caller=caller, now=now)
        return _pair(user=user, family=family, sign_in=row, now=now)


def refresh(*, refresh_token: str, caller: Caller = UNKNOWN, now: dt.datetime) -> TokenPair:
    """Exchange a refresh token for a new pair; the old one is dead. Raises TokenInvalid.

    Of several callers at once one wins. A token that was exchanged before is a stolen or a lost
    one: its whole family ends, unless it comes within REUSE_GRACE of the exchange, as the other
    requests of the same client do. Raises RateLimited too, per address and per sign-in.
    """
    if caller.address:
        REFRESH_PER_ADDRESS.hit(caller.address)
    try:
        claims = tokens.decode(refresh_token, kind="refresh")
    except TokenExpired as error:
        raise TokenInvalid from error
    REFRESH_PER_FAMILY.hit(claims.sign_in_id or str(claims.jti))
    with write_transaction():
        pair = _rotate(claims, now=now)
        if pair is not None:
            user, family = pair[1:]
            device = remember(user=user, caller=caller, now=now, family=family)
    if pair is None:  # raised after the commit that ended the family
        raise TokenInvalid
    return replace(pair[0], device_token=device)


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
    sessions.end_of_family(family=family, now=now)


def end_everywhere(*, actor: User, now: dt.datetime) -> None:
    """End every sign-in of the actor, the caller's own too; audited."""
    with write_transaction():
        user = lock_user(user_id=actor.pk)
        end_all_tokens(user=user, now=now)
        record(
            actor=actor, entity_type="user", entity_id=user.pk, action=Action.UPDATE,
            new={"signed_out": "everywhere"},
        )  # fmt: skip


def end_all_tokens(*, user: User, now: dt.datetime) -> None:
    """Refuse every token and session given out so far. Saves the person's row."""
    sessions.end_all(user=user, now=now)
    user.token_version += 1
    user.save(update_fields=["token_version"])
    RefreshToken.objects.filter(user_id=user.pk, revoked_at=None).update(revoked_at=now)


def _rotate(claims: tokens.Claims, *, now: dt.datetime) -> tuple[TokenPair, User, uuid.UUID] | None:
    row = lock_refresh_token(jti=claims.jti)
    if row is None or row.revoked_at is not None or row.expires_at <= now - tokens.LEEWAY:
        return None
    if row.used_at is not None:
        # `now` was read before the wait for the lock: a loser's may be earlier than the exchange.
        if now - row.used_at >= REUSE_GRACE:
            end_family(family=row.family, now=now)
        return None
    user = selectors.active_user(user_id=claims.user_id)
    if user is None or user.token_version != claims.version:
        return None
    sign_in = SignIn.objects.filter(family=row.family).first()
    if sign_in is None or sign_in.ended_at is not None or sign_in.expires_at <= now:
        return None
    row.used_at = now
    row.save(update_fields=["used_at"])
    sessions.seen(sign_in_id=sign_in.pk, now=now)
    pair = _pair(user=user, family=row.family, sign_in=sign_in, now=now)
    return pair, user, row.family


def _pair(*, user: User, family: uuid.UUID, sign_in: SignIn, now: dt.datetime) -> TokenPair:
    """Both end with the sign-in; without a refresh the second ends when the first is long over."""
    access_until = min(
        now + dt.timedelta(minutes=settings.ACCESS_TOKEN_MINUTES), sign_in.expires_at
    )
    refresh_until = min(access_until + sessions.lasting(user).idle, sign_in.expires_at)
    jti = uuid.uuid4()
    RefreshToken.objects.create(user=user, family=family, jti=jti, expires_at=refresh_until)
    return TokenPair(
        access_token=tokens.encode(
            user_id=user.pk, role=user.role, version=user.token_version, kind="access",
            jti=uuid.uuid4(), issued_at=now, expires_at=access_until, sign_in_id=sign_in.pk,
        ),
        refresh_token=tokens.encode(
            user_id=user.pk, role=user.role, version=user.token_version, kind="refresh",
            jti=jti, issued_at=now, expires_at=refresh_until, sign_in_id=sign_in.pk,
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
