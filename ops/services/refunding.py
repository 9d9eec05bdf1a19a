"""A refund under an idempotency key: one key and body, one refund, one answer."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accounts.models import User
from checkout import keys
from checkout.models import IdempotencyKey
from mami.errors import DomainError
from mami.transactions import write_transaction
from orders import services as orders
from payments.selectors import refund_summary

AMOUNTS = ("authorized", "captured", "refunded")


@dataclass(frozen=True, kw_only=True)
class Refunded:
    """What was answered (`payments.selectors.refund_summary`); `replayed`: it had been before."""

    summary: Mapping[str, Any]
    replayed: bool


def refund_once(
    *,
    actor: User,
    order_id: int,
    reason: str,
    key: str,
    now: dt.datetime,
    amount: Decimal | None = None,
    items: Mapping[int, Decimal] | None = None,
) -> Refunded:
    """`orders.services.refund`, its answer kept for a day and repeated as it was.

    A refusal leaves the key to be tried again; a request that died is finished by the next one with
    its key. Raises MissingIdempotencyKey, IdempotencyKeyReuseMismatch, IdempotencyInProgress, and
    what `orders.services.refund` raises.
    """
    keys.check_key(key)
    body = _hash(order_id, reason, amount, items)
    with write_transaction(durable=True):
        claimed = keys.claim(user_id=actor.pk, key=key, body_hash=body, now=now, scope=keys.REFUND)
    if claimed.state == IdempotencyKey.State.DONE:
        return Refunded(summary=_read(claimed.response_body), replayed=True)
    try:
        call_id = orders.refund(
            actor=actor,
            order_id=order_id,
            amount=amount,
            items=items,
            reason=reason,
            key=key,
            now=now,
        )
    except DomainError:
        keys.free(key_id=claimed.pk)
        raise
    summary = refund_summary(call_id=call_id)
    keys.answer(key_id=claimed.pk, status=201, body=_kept(summary))
    return Refunded(summary=summary, replayed=False)


def _hash(
    order_id: int, reason: str, amount: Decimal | None, items: Mapping[int, Decimal] | None
) -> str:
    lines = sorted((line, str(quantity.normalize())) for line, quantity in (items or {}).items())
    text = json.dumps([order_id, reason, amount and str(amount.normalize()), lines])
    return hashlib.sha256(text.encode()).hexdigest()


def _kept(summary: Mapping[str, Any]) -> dict[str, str]:
    """As one text, because a JSON column forgets in which order things were said."""
    return {"text": json.dumps(summary, default=str)}


def _read(kept: Any) -> dict[str, Any]:
    body = json.loads(kept["text"])
    payment = {**body["payment"], **{n: Decimal(body["payment"][n]) for n in AMOUNTS}}
    return {**body, "amount": Decimal(body["amount"]), "payment": payment}
