"""Idempotency keys: one key and body of one customer has one outcome, however often it is sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import connection

from checkout.errors import IdempotencyInProgress
from checkout.locks import lock_key
from checkout.models import IdempotencyKey, Reservation
from core.errors import IdempotencyKeyReuseMismatch
from core.transactions import require_transaction

State = IdempotencyKey.State

LEASE = dt.timedelta(seconds=20)
"""How long a running confirm may take. Afterwards whoever asks first (the customer again, or the
job) finds out at the provider what became of it."""
LIFE = dt.timedelta(hours=24)
CONFIRM, REFUND, CHANGE, PHONE, STANDING = "confirm", "refund", "change", "phone", "standing"


def claim_key(
    *, user_id: int, key: str, body_hash: str, now: dt.datetime, scope: str = CONFIRM
) -> IdempotencyKey:
    """Lock the key and mark it as being worked on, in the caller's transaction.

    A DONE key comes back as it is, with its answer. A key whose earlier request died comes back
    IN_PROGRESS with a new lease: its reservation, if any, decides what is left to do. Raises
    IdempotencyKeyReuseMismatch, IdempotencyInProgress. One statement for a new key.
    """
    require_transaction()
    fresh = _insert(user_id, key, body_hash, now, scope)
    if fresh is not None:
        return fresh
    row = lock_key(user_id=user_id, key=key, scope=scope)
    if row.state != State.FREE and row.body_hash != body_hash:
        raise IdempotencyKeyReuseMismatch
    if row.state == State.DONE:
        return row
    if row.state == State.IN_PROGRESS and row.lease_expires_at > now:
        wait = max(1, round((row.lease_expires_at - now).total_seconds()))
        raise IdempotencyInProgress(retry_after=min(wait, 2))
    row.state, row.body_hash, row.lease_expires_at = State.IN_PROGRESS, body_hash, now + LEASE
    row.save(update_fields=["state", "body_hash", "lease_expires_at"])
    return row


def is_known(*, user_id: int, key: str) -> bool:
    """Whether the key has its answer or is being worked on: asking again begins nothing. One query."""
    return IdempotencyKey.objects.filter(
        user_id=user_id,
        scope=CONFIRM,
        key=key[:128],
        state__in=[State.DONE, State.IN_PROGRESS],
    ).exists()


def has_stored_response(*, user_id: int, key: str, scope: str) -> bool:
    """Whether the key has its answer. One query."""
    rows = IdempotencyKey.objects.filter(user_id=user_id, scope=scope, key=key[:128])
    return rows.filter(state=State.DONE).exists()


def store_response(*, key_id: int, status: int, body: Mapping[str, Any]) -> None:
    """Keep what was answered, for whoever sends the same again."""
    IdempotencyKey.objects.filter(pk=key_id, state=State.IN_PROGRESS).update(
        state=State.DONE, response_status=status, response_body=dict(body)
    )


def free(*, key_id: int) -> None:
    """The request was refused: the key may be used again, with another body too."""
    IdempotencyKey.objects.filter(pk=key_id, state=State.IN_PROGRESS).update(state=State.FREE)


def end_lease(*, key_id: int, now: dt.datetime) -> None:
    """Let whoever asks next find out what became of the request."""
    IdempotencyKey.objects.filter(pk=key_id, state=State.IN_PROGRESS).update(lease_expires_at=now)


def clean_up(*, now: dt.datetime, limit: int = 1000) -> int:
    """Forget keys older than a day that no open reservation needs; returns how many."""
    old = (
        IdempotencyKey.objects.filter(created_at__lt=now - LIFE)
        .exclude(reservations__status=Reservation.Status.ACTIVE)
        .order_by("created_at")
        .values_list("pk", flat=True)[:limit]
    )
    return IdempotencyKey.objects.filter(pk__in=list(old)).delete()[0]


def _insert(
    user_id: int, key: str, body_hash: str, now: dt.datetime, scope: str
) -> IdempotencyKey | None:
    """The new row, or None where the key exists. Waits for a transaction that is inserting it."""
    lease = now + LEASE
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO checkout_idempotencykey"
            " (user_id, key, scope, body_hash, state, lease_expires_at, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (user_id, scope, key) DO NOTHING RETURNING id",
            [user_id, key, scope, body_hash, IdempotencyKey.State.IN_PROGRESS, lease, now],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return IdempotencyKey(
        pk=row[0],
        user_id=user_id,
        key=key,
        scope=scope,
        body_hash=body_hash,
        state=State.IN_PROGRESS,
        lease_expires_at=lease,
        created_at=now,
    )
