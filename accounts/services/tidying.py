"""Forgetting keys that open nothing any more."""

from __future__ import annotations

import datetime as dt

from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from accounts.contact_models import MailProof, PhoneCode
from accounts.models import Device, KnownPlace, PasswordReset, RefreshToken, SignIn, SignInChallenge
from accounts.services.devices import PLACE_LIFE, UNSEEN_LIFE

BATCH = 5000
KEPT_AFTER_END = dt.timedelta(days=7)


def forget_old_keys(*, now: dt.datetime, batch: int = BATCH) -> int:
    """Remove expired sessions; tokens and links a week after their end; devices long unseen.

    In batches of `batch` rows with a transaction each; may be repeated. Returns the rows removed.
    """
    ended = now - KEPT_AFTER_END
    return sum(
        _in_batches(rows, batch)
        for rows in (
            Session.objects.filter(expire_date__lt=now),
            RefreshToken.objects.filter(expires_at__lt=ended),
            SignIn.objects.filter(expires_at__lt=ended),
            SignInChallenge.objects.filter(expires_at__lt=ended),
            PasswordReset.objects.filter(expires_at__lt=ended),
            MailProof.objects.filter(expires_at__lt=ended),
            PhoneCode.objects.filter(expires_at__lt=ended),
            Device.objects.filter(last_seen_at__lt=now - UNSEEN_LIFE),
            KnownPlace.objects.filter(last_seen_at__lt=now - PLACE_LIFE),
        )
    )


def _in_batches(rows: QuerySet, batch: int) -> int:
    removed = 0
    while True:
        some = list(rows.values_list("pk", flat=True)[:batch])
        if not some:
            return removed
        removed += rows.filter(pk__in=some).delete()[0]
