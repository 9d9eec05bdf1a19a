"""What the order's side needs to know of refunds and finished calls. Models stay in this app."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from payments.models import Payment, ProviderCall, Refund, RefundReason
from payments.services.calls import refund_name

Kind, State = ProviderCall.Kind, ProviderCall.State

REASON_CHOICES = RefundReason.choices
REASONS = frozenset(RefundReason.values)
FINISHED = (State.SUCCEEDED, State.REFUSED)


@dataclass(frozen=True, kw_only=True)
class FinishedCall:
    """A capture or refund with its outcome; `is_done` unless the provider refused it."""

    id: int
    kind: str
    amount: Decimal
    is_done: bool
    order_number: str
    payment_id: int
    actor_id: int | None
    refund_id: int = 0
    reason_code: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class AskedRefund:
    """A refund that was asked for with a key."""

    call_id: int
    body_hash: str


@dataclass(frozen=True, kw_only=True)
class RefundRow:
    """A refund as its list shows it; `status` is SUCCEEDED, REFUSED or PENDING."""

    id: int
    amount: Decimal
    reason_code: str
    reason_label: Any
    reason: str
    status: str
    at: dt.datetime
    actor_name: str


def refunds_of(*, payment_id: int) -> list[RefundRow]:
    """What was asked back of a payment, newest first. One query."""
    rows = Refund.objects.filter(payment_id=payment_id).select_related("call", "actor")
    return [
        RefundRow(
            id=row.pk,
            amount=row.amount,
            reason_code=row.reason_code,
            reason_label=row.get_reason_code_display(),
            reason=row.reason,
            status=row.call.state if row.call.state in FINISHED else "PENDING",
            at=row.created_at,
            actor_name=row.actor.full_name if row.actor else "",
        )
        for row in rows.order_by("-id")
    ]


def agreed_refunds(*, payment_id: int) -> list[RefundRow]:
    """Those that were given back, or are on their way. One query."""
    return [row for row in refunds_of(payment_id=payment_id) if row.status != State.REFUSED]


def refund_of_key(*, payment_id: int, actor: Any, key: str) -> AskedRefund | None:
    """The refund this person asked for with this key, or None. Two queries."""
    number = Payment.objects.values_list("order_number", flat=True).get(pk=payment_id)
    name = refund_name(number, actor, key)
    found = Refund.objects.filter(payment_id=payment_id, call__idempotency_key=name).first()
    if found is None:
        return None
    return AskedRefund(call_id=found.call_id, body_hash=found.body_hash)


def calls_to_follow(*, limit: int) -> list[int]:
    """Finished captures and refunds whose order's side is not written, the oldest first."""
    rows = ProviderCall.objects.filter(
        state__in=FINISHED, kind__in=(Kind.CAPTURE, Kind.REFUND), is_followed=False
    )
    return list(rows.order_by("id").values_list("pk", flat=True)[:limit])


def call_to_follow(*, call_id: int) -> FinishedCall | None:
    """The call, unless it is still open or was followed. One query."""
    call = (
        ProviderCall.objects.select_related("payment", "refund")
        .filter(
            pk=call_id,
            state__in=FINISHED,
            kind__in=(Kind.CAPTURE, Kind.REFUND),
            is_followed=False,
        )
        .first()
    )
    if call is None:
        return None
    refund = getattr(call, "refund", None)
    return FinishedCall(
        id=call.pk,
        kind=call.kind,
        amount=call.amount,
        is_done=call.state == State.SUCCEEDED,
        order_number=call.payment.order_number,
        payment_id=call.payment_id,
        actor_id=call.actor_id,
        refund_id=refund.pk if refund else 0,
        reason_code=refund.reason_code if refund else "",
        reason=refund.reason if refund else "",
    )
