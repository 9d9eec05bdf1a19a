"""Proving that a phone is the person's own, by a code sent to it."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac

from django.conf import settings
from django.utils.crypto import constant_time_compare
from procrastinate.contrib.django import app as jobs

from accounts.contact_models import PhoneCode
from accounts.errors import CodeInvalid, PhoneRequired
from accounts.locks import lock_phone_code, lock_user
from accounts.models import User
from audit.services import Action, record
from core.limits import PHONE_CODE_PER_USER
from core.phones import is_mobile
from core.transactions import write_transaction

CODE_LIFE = dt.timedelta(minutes=10)
MOST_WRONG = 5
SMS_TASK = "notifications.send_phone_code"
"""Of an app above this one, which knows the way to a phone."""


def send_phone_code(*, actor: User, now: dt.datetime) -> None:
    """Send six digits to the person's phone; those sent before are good no more.

    Raises PhoneRequired (none, or none that takes SMS), RateLimited (3 an hour).
    """
    if not is_mobile(str(actor.phone)):
        raise PhoneRequired
    PHONE_CODE_PER_USER.hit(actor.pk)
    with write_transaction():
        user = lock_user(user_id=actor.pk)
        PhoneCode.objects.filter(user=user, used_at=None).update(used_at=now)
        row = PhoneCode.objects.create(
            user=user, phone=str(user.phone), code_hash="", expires_at=now + CODE_LIFE
        )
        row.code_hash = _hash(row, code_of(row=row))
        row.save(update_fields=["code_hash"])
        jobs.configure_task(SMS_TASK).defer(code_id=row.pk)


def verify_phone(*, actor: User, code: str, now: dt.datetime) -> User:
    """Take a code's word for the phone: within 10 minutes, at most 5 tries. Raises CodeInvalid."""
    with write_transaction():
        user = lock_user(user_id=actor.pk)
        row = lock_phone_code(user_id=user.pk)
        right = (
            row is not None
            and row.wrong < MOST_WRONG
            and row.expires_at > now
            and row.phone == str(user.phone)
            and constant_time_compare(row.code_hash, _hash(row, code.strip()))
        )
        if row is not None and right:
            row.used_at = now
            row.save(update_fields=["used_at"])
            user.phone_verified = True
            user.save(update_fields=["phone_verified"])
            record(
                actor=user,
                entity_type="user",
                entity_id=user.pk,
                action=Action.UPDATE,
                new={"phone_verified": True},
            )
        elif row is not None:
            row.wrong += 1
            row.save(update_fields=["wrong"])
    if not right:  # raised after the commit that counted the try
        raise CodeInvalid
    return user


def code_of(*, row: PhoneCode) -> str:
    """The six digits, made again from their row, so that no table or job ever holds them."""
    text = f"phone-code:{row.pk}:{row.user_id}:{row.phone}:{row.expires_at.timestamp()}"
    digest = hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 1_000_000:06}"


def _hash(row: PhoneCode, code: str) -> str:
    """Keyed: a million possible codes are nothing to try against a plain hash."""
    text = f"{row.pk}:{code}"
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
