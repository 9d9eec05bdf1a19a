"""Changing a password, and getting back in without one."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import uuid

from django.conf import settings
from procrastinate.contrib.django import app as jobs

from accounts import hashing, selectors
from accounts.callers import UNKNOWN, Caller
from accounts.errors import InvalidCredentials, ResetTokenInvalid
from accounts.locks import lock_password_reset, lock_user
from accounts.models import PasswordReset, User
from accounts.services.profile import check_password_rules
from accounts.services.sign_in import end_all_tokens
from audit.services import Action, record
from core.email_identity import known_identity
from core.limits import (
    FORGOT_PER_ACCOUNT,
    FORGOT_PER_ADDRESS,
    PASSWORD_CHANGE_PER_USER,
    RESET_PER_ADDRESS,
)
from core.transactions import write_transaction

RESET_LIFE = dt.timedelta(minutes=30)
MAIL_TASK = "accounts.send_password_reset"
CHANGED_TASK = "accounts.send_password_changed"
"""Both of an app above this one, which keeps the messages."""


def change_password(
    *, actor: User, current_password: str, new_password: str, now: dt.datetime
) -> User:
    """Set a new password; every token given out before is refused from then on.

    Raises InvalidCredentials (current password), InvalidInput (new password), RateLimited,
    ServiceUnavailable.
    """
    check_own_password(actor=actor, password=current_password)
    check_password_rules(new_password, user=actor, field="new_password")
    encoded = hashing.hashed(new_password)
    with write_transaction():
        user = lock_user(user_id=actor.pk)
        if user.password != actor.password:  # somebody was quicker; the old one proves nothing now
            raise InvalidCredentials
        _set(user, encoded, now=now)
        record(actor=actor, entity_type="user", entity_id=user.pk, action=Action.PASSWORD_CHANGE)
    return user


def check_own_password(*, actor: User, password: str) -> None:
    """Raise InvalidCredentials when it is not the actor's own, RateLimited after ten wrong ones."""
    PASSWORD_CHANGE_PER_USER.hit(actor.pk)
    if not hashing.matches(password, actor.password)[0]:
        raise InvalidCredentials
    PASSWORD_CHANGE_PER_USER.forget(actor.pk)


def forgot_password(*, email: str, caller: Caller = UNKNOWN, now: dt.datetime) -> None:
    """Send a link for a new password, if there is such an account; the caller never learns.

    The same statements run for both, and the job decides. Raises RateLimited (per account, known
    or not, and per address).
    """
    if caller.address:
        FORGOT_PER_ADDRESS.hit(caller.address)
    FORGOT_PER_ACCOUNT.hit(known_identity(email) or email.strip())
    user = selectors.user_by_email(email=email)
    if user is not None and not user.is_active:
        user = None
    with write_transaction():
        reset = PasswordReset.objects.create(
            user=user, secret_hash=uuid.uuid4().hex, expires_at=now + RESET_LIFE
        )
        reset.secret_hash = _hash(reset_secret(reset=reset))
        reset.save(update_fields=["secret_hash"])
        jobs.configure_task(MAIL_TASK).defer(reset_id=reset.pk)


def reset_password(
    *, token: str, new_password: str, caller: Caller = UNKNOWN, now: dt.datetime
) -> User:
    """Set a new password with a link's token: once, within 30 minutes; ends all tokens.

    Raises ResetTokenInvalid, InvalidInput (new password; the link stays good), RateLimited (per
    address), ServiceUnavailable.
    """
    if caller.address:
        RESET_PER_ADDRESS.hit(caller.address)
    wanted = selectors.reset_by_secret(secret_hash=_hash(token), now=now)
    if wanted is None or wanted.user is None:
        raise ResetTokenInvalid
    check_password_rules(new_password, user=wanted.user, field="new_password")
    encoded = hashing.hashed(new_password)  # before anything is locked
    with write_transaction():
        reset = lock_password_reset(secret_hash=_hash(token))
        if reset is None or reset.used_at is not None or reset.expires_at <= now:
            raise ResetTokenInvalid
        user = lock_user(user_id=wanted.user.pk)
        if not user.is_active:
            raise ResetTokenInvalid
        PasswordReset.objects.filter(user=user, used_at=None).update(used_at=now)
        _set(user, encoded, now=now)
        record(actor=user, entity_type="user", entity_id=user.pk, action=Action.PASSWORD_RESET)
    return user


def reset_secret(*, reset: PasswordReset) -> str:
    """The token of a link, made again from its row, so that no table ever holds it."""
    text = f"password-reset:{reset.pk}:{reset.user_id}:{reset.expires_at.timestamp()}"
    digest = hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _set(user: User, encoded: str, *, now: dt.datetime) -> None:
    user.password = encoded
    user.save(update_fields=["password"])
    end_all_tokens(user=user, now=now)
    jobs.configure_task(CHANGED_TASK).defer(user_id=user.pk, at=now.isoformat())
