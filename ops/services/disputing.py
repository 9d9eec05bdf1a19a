"""Answers to disputes under an idempotency key: one key and body, one answer."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Collection
from typing import Any

from accounts.models import User
from checkout import idempotency
from checkout.models import IdempotencyKey
from core.errors import DomainError
from core.request_keys import check_key
from core.transactions import write_transaction
from orders import services as orders
from payments.disputes import DisputeRow, dispute

SCOPE = "dispute"


def answer_once(
    *,
    actor: User,
    dispute_id: int,
    text: str,
    include: Collection[str],
    language: str,
    key: str,
    now: dt.datetime,
) -> DisputeRow:
    """`orders.services.answer_dispute`, once for a key; what became of the dispute.

    Raises MissingIdempotencyKey, IdempotencyKeyReuseMismatch, IdempotencyInProgress, and what
    `answer_dispute` raises.
    """
    return _once(
        actor=actor,
        dispute_id=dispute_id,
        body=["answer", dispute_id, text, sorted(include)],
        key=key,
        now=now,
        act=lambda: orders.answer_dispute(
            actor=actor,
            dispute_id=dispute_id,
            text=text,
            include=include,
            language=language,
            now=now,
        ),
    )


def accept_once(
    *, actor: User, dispute_id: int, credit_note: bool, key: str, now: dt.datetime
) -> DisputeRow:
    """`orders.services.accept_dispute`, once for a key. Raises as `answer_once`."""
    return _once(
        actor=actor,
        dispute_id=dispute_id,
        body=["accept", dispute_id, credit_note],
        key=key,
        now=now,
        act=lambda: orders.accept_dispute(
            actor=actor, dispute_id=dispute_id, credit_note=credit_note, now=now
        ),
    )


def credit_once(*, actor: User, dispute_id: int, key: str, now: dt.datetime) -> DisputeRow:
    """`orders.services.credit_dispute`, once for a key. Raises as `answer_once`."""
    return _once(
        actor=actor,
        dispute_id=dispute_id,
        body=["credit", dispute_id],
        key=key,
        now=now,
        act=lambda: orders.credit_dispute(actor=actor, dispute_id=dispute_id, now=now),
    )


def _once(
    *,
    actor: User,
    dispute_id: int,
    body: list[Any],
    key: str,
    now: dt.datetime,
    act: Callable[[], None],
) -> DisputeRow:
    check_key(key)
    orders.disputed_order(actor=actor, dispute_id=dispute_id)
    digest = hashlib.sha256(json.dumps(body).encode()).hexdigest()
    with write_transaction(durable=True):
        claimed = idempotency.claim_key(
            user_id=actor.pk, key=key, body_hash=digest, now=now, scope=SCOPE
        )
    if claimed.state != IdempotencyKey.State.DONE:
        try:
            act()
        except DomainError:
            idempotency.free(key_id=claimed.pk)
            raise
        idempotency.store_response(key_id=claimed.pk, status=200, body={})
    return dispute(dispute_id=dispute_id)
