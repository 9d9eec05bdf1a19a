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
from checkout import idempotency
from checkout.models import IdempotencyKey
from core.errors import DomainError
from core.request_keys import check_key
from core.transactions import write_transaction
from orders import services as orders
from orders.selectors import refund_summary
from orders.services import RefundRequest

AMOUNTS = ("authorized", "captured", "refunded")


@dataclass(frozen=True, kw_only=True)
class Refunded:
    """What was answered (`orders.selectors.refund_summary`); `replayed`: it had been before."""

    summary: Mapping[str, Any]
    replayed: bool


def refund_once(
    *,
    actor: User,
    order_id: int,
    request: RefundRequest,
    key: str,
    now: dt.datetime,
) -> Refunded:
    """`orders.services.refund`, its answer kept for a day and repeated as it was.

    A refusal leaves the key to be tried again; a request that died is finished by the next one with
    its key. Raises MissingIdempotencyKey, IdempotencyKeyReuseMismatch, IdempotencyInProgress, and
    what `orders.services.refund` raises.
    """
    check_key(key)
    body = hashlib.sha256(f"{order_id}:{request.fingerprint()}".encode()).hexdigest()
    with write_transaction(durable=True):
        claimed = idempotency.claim_key(
            user_id=actor.pk, key=key, body_hash=body, now=now, scope=idempotency.REFUND
        )
    if claimed.state == IdempotencyKey.State.DONE:
        return Refunded(summary=_read(claimed.response_body), replayed=True)
    try:
        call_id = orders.refund(actor=actor, order_id=order_id, request=request, key=key, now=now)
    except DomainError:
        idempotency.free(key_id=claimed.pk)
        raise
    summary = refund_summary(call_id=call_id)
    idempotency.store_response(key_id=claimed.pk, status=201, body=_kept(summary))
    return Refunded(summary=summary, replayed=False)


def _kept(summary: Mapping[str, Any]) -> dict[str, str]:
    """As one text, because a JSON column forgets in which order things were said."""
    return {"text": json.dumps(summary, default=str)}


def _read(kept: Any) -> dict[str, Any]:
    body = json.loads(kept["text"])
    payment = {**body["payment"], **{n: Decimal(body["payment"][n]) for n in AMOUNTS}}
    lines = [
        {**line, "amount": Decimal(line["amount"]), "quantity": _decimal(line["quantity"])}
        for line in body["lines"]
    ]
    return {**body, "amount": Decimal(body["amount"]), "payment": payment, "lines": lines}


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
