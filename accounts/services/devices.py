"""Browsers and apps that an account was used with, and the places it was used from.

A device proves itself by a signed token (the cookie `mami_device`, the header `X-Device-Token`); of
it and of network addresses only keyed hashes are kept.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
import uuid

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils.crypto import salted_hmac
from procrastinate.contrib.django import app as jobs

from accounts.callers import Caller
from accounts.models import Device, KnownPlace, User
from core.transactions import write_transaction

PLACE_LIFE = dt.timedelta(days=90)
MOST_PLACES = 10
MOST_DEVICES = 50
UNSEEN_LIFE = dt.timedelta(days=400)
SEEN_EVERY = dt.timedelta(minutes=10)
NOBODY = 0
NEW_DEVICE_TASK = "accounts.send_new_sign_in"
"""Of an app above this one, which keeps the messages."""
JUST_OPENED = dt.timedelta(hours=1)
"""So long the first device of an account is that on which it was opened."""


def known_device(*, user_id: int, caller: Caller) -> Device | None:
    """The account's own device that this call carries; forged and other people's are unknown."""
    secret = _secret(user_id=user_id, token=caller.device)
    if not secret:
        return None
    return Device.objects.filter(user_id=user_id, secret_hash=_hash(secret)).first()


def known_place(*, user_id: int, caller: Caller, now: dt.datetime) -> bool:
    """Whether this account was signed in from there within 90 days."""
    return KnownPlace.objects.filter(
        user_id=user_id,
        place_hash__in=_place_hashes(user_id, caller),
        last_seen_at__gt=now - PLACE_LIFE,
    ).exists()


def remember(
    *,
    user: User,
    caller: Caller,
    now: dt.datetime,
    family: uuid.UUID | None = None,
    signed_in: bool = True,
) -> str:
    """Make device and place known to the account; the device's token, for the caller to keep.

    The person is told of a sign-in (`signed_in`, and no refresh) on a device not seen before.

    An app that refreshes without its token is the same device each time, that of its `family`:
    else one that never keeps a token would push everybody else's out.
    """
    with write_transaction():
        device = known_device(user_id=user.pk, caller=caller)
        if caller.address:
            _remember_place(user, caller, is_new=device is None, now=now)
        if device is not None:
            if now - device.last_seen_at > SEEN_EVERY:
                Device.objects.filter(pk=device.pk).update(last_seen_at=now)
            return _token(user, _secret(user_id=user.pk, token=caller.device))
        secret = _of_family(family) if family else secrets.token_urlsafe(32)
        tells = signed_in and not family and not _is_where_it_was_opened(user, now)
        device, _made = Device.objects.update_or_create(
            user=user,
            secret_hash=_hash(secret),
            defaults={"family": caller.family, "last_seen_at": now},
        )
        if tells:
            jobs.configure_task(NEW_DEVICE_TASK).defer(user_id=user.pk, device_id=device.pk)
        _forget_beyond(Device.objects.filter(user_id=user.pk), MOST_DEVICES)
    return _token(user, secret)


def _is_where_it_was_opened(user: User, now: dt.datetime) -> bool:
    young = now - user.created_at < JUST_OPENED
    return young and not Device.objects.filter(user_id=user.pk).exists()


def _token(user: User, secret: str) -> str:
    """Signed by today's key, also where it came signed by one before it."""
    return _signer().sign(f"{user.pk}.{secret}")


def _remember_place(user: User, caller: Caller, *, is_new: bool, now: dt.datetime) -> None:
    """A place where a known device only passes through proves nothing for those who come after."""
    hashes = _place_hashes(user.pk, caller)
    known = KnownPlace.objects.filter(user_id=user.pk, place_hash__in=hashes)
    if known.update(last_seen_at=now) or not is_new:
        return
    KnownPlace.objects.bulk_create(
        [KnownPlace(user=user, place_hash=hashes[0], last_seen_at=now)], ignore_conflicts=True
    )
    _forget_beyond(KnownPlace.objects.filter(user_id=user.pk), MOST_PLACES)


def _forget_beyond(rows: object, most: int) -> None:
    keep = rows.order_by("-last_seen_at", "-pk").values("pk")[:most]  # type: ignore[attr-defined]
    rows.exclude(pk__in=keep).delete()  # type: ignore[attr-defined]


def _signer() -> Signer:
    return Signer(salt="accounts.device", sep=".")


def _secret(*, user_id: int, token: str) -> str:
    """The secret of a genuine token of this account, else the empty string."""
    if not token or len(token) > 200:
        return ""
    try:
        owner, _, secret = _signer().unsign(token).partition(".")
    except BadSignature:
        return ""
    return secret if owner == str(user_id) else ""


def _of_family(family: uuid.UUID) -> str:
    return salted_hmac("accounts.device-of-family", str(family), algorithm="sha256").hexdigest()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _place_hashes(user_id: int, caller: Caller) -> list[str]:
    """Keyed, of this account alone; the first by today's key, the others by those before it."""
    return [
        salted_hmac(
            "accounts.place", f"{user_id}:{caller.place}", secret=secret, algorithm="sha256"
        ).hexdigest()
        for secret in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    ]
