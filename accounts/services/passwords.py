"""Changing a password, and getting back in without one."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import uuid

from django.conf import settings
from procrastinate.contrib.django import app as jobs

from accounts import selectors
from accounts.errors import InvalidCredentials, ResetTokenInvalid
from accounts.locks import lock_password_reset, lock_user
from accounts.models import PasswordReset, User
from accounts.services.profile import check_password_rules
from accounts.services.sign_in import end_all_tokens
from audit.services import Action, record
from mami.ratelimits import FORGOT_PER_ACCOUNT, FORGOT_PER_ADDRESS, LOGIN_PER_ACCOUNT
from mami.transactions import write_transaction

RESET_LIFE = dt.timedelta(minutes=30)
MAIL_TASK = "accounts.send_password_reset"


def change_password(
    *, actor: User, current_password: str, new_password: str, now: dt.datetime
) -> User:
    """Set a new password; every token given out before is refused from then on.

    Raises InvalidCredentials (current password), InvalidInput (new password), RateLimited.
    """
    LOGIN_PER_ACCOUNT.hit(actor.email)
    if not actor.check_password(current_password):
        raise InvalidCredentials
    LOGIN_PER_ACCOUNT.forget(actor.email)
    check_password_rules(new_password, user=actor, field="new_password")
    with write_transaction():
        user = lock_user(user_id=actor.pk)
        _set(user, new_password, now=now)
        record(actor=actor, entity_type="user", entity_id=user.pk, action=Action.PASSWORD_CHANGE)
    return user


def forgot_password(*, email: str, client: str = "", now: dt.datetime) -> None:
    """Send a link for a new password, if there is such an account; the caller never learns.

    Raises RateLimited (per account, known or not, and per `client` address).
    """
    if client:
        FORGOT_PER_ADDRESS.hit(client)
    FORGOT_PER_ACCOUNT.hit(email.strip().lower())
    user = selectors.user_by_email(email=email)
    if user is None or not user.is_active:
        return
    with write_transaction():
        reset = PasswordReset.objects.create(
            user=user, secret_hash=uuid.uuid4().hex, expires_at=now + RESET_LIFE
        )
        reset.secret_hash = _hash(reset_secret(reset=reset))
        reset.save(update_fields=["secret_hash"])
        jobs.configure_task(MAIL_TASK).defer(reset_id=reset.pk)


def reset_password(*, token: str, new_password: str, now: dt.datetime) -> User:
    """Set a new password with a link's token: once, within 30 minutes; ends all tokens.

    Raises ResetTokenInvalid, InvalidInput (new password; the link stays good).
    """
    with write_transaction():
        reset = lock_password_reset(secret_hash=_hash(token))
        if reset is None or reset.used_at is not None or reset.expires_at <= now:
            raise ResetTokenInvalid
        user = lock_user(user_id=reset.user_id)
        if not user.is_active:
            raise ResetTokenInvalid
        check_password_rules(new_password, user=user, field="new_password")
        PasswordReset.objects.filter(user=user, used_at=None).update(used_at=now)
        _set(user, new_password, now=now)
        record(actor=user, entity_type="user", entity_id=user.pk, action=Action.PASSWORD_RESET)
    LOGIN_PER_ACCOUNT.forget(user.email)
    return user


def reset_secret(*, reset: PasswordReset) -> str:
    """The token of a link, made again from its row, so that no table ever holds it."""
    text = f"password-reset:{reset.pk}:{reset.user_id}:{reset.expires_at.timestamp()}"
    digest = hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _set(user: User, password: str, *, now: dt.datetime) -> None:
    user.set_password(password)
    user.save(update_fields=["password"])
    end_all_tokens(user=user, now=now)
