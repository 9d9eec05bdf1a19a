"""Contested charges at Stripe: listing them, handing in evidence, accepting."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import stripe

from core.money import HUNDRED, shekels
from payments.provider import ProviderDispute, ProviderPayout
from payments.providers.stripe_answers import translated, with_key

REASONS = {
    "product_not_received": "NOT_RECEIVED",
    "product_unacceptable": "NOT_AS_DESCRIBED",
    "fraudulent": "FRAUD",
    "unrecognized": "FRAUD",
    "duplicate": "DUPLICATE",
    "credit_not_processed": "CREDIT_NOT_PROCESSED",
}
STATUSES = {
    "needs_response": "OPEN",
    "under_review": "ANSWERED",
    "won": "WON",
    "lost": "LOST",
    "warning_needs_response": "WARNING",
    "warning_under_review": "WARNING",
    "warning_closed": "WARNING",
}
TYPES = {
    "charge": "CAPTURE",
    "refund": "REFUND",
    "dispute": "DISPUTE",
    "dispute_reversal": "DISPUTE",
    "fee": "FEE",
    "payout": "PAYOUT",
}
CLOSED = frozenset({"won", "lost", "warning_closed"})


def told(dispute: Any) -> ProviderDispute:
    """Stripe's object in the words of the port."""
    opened = dt.datetime.fromtimestamp(dispute.created, dt.UTC)
    due = getattr(dispute.evidence_details, "due_by", None)
    fee = sum((one.fee for one in dispute.balance_transactions or ()), 0)
    is_closed = dispute.status in CLOSED
    return ProviderDispute(
        reference=dispute.id,
        payment_reference=str(dispute.payment_intent or ""),
        amount=shekels(Decimal(dispute.amount) / HUNDRED),
        fee=shekels(Decimal(fee) / HUNDRED),
        reason=REASONS.get(dispute.reason, "OTHER"),
        status=STATUSES.get(dispute.status, "OPEN"),
        opened_at=opened,
        answer_by=dt.datetime.fromtimestamp(due, dt.UTC) if due else opened,
        closed_at=opened if is_closed else None,
    )


class StripeDisputes:
    """The part of the port that is about contested charges."""

    _client: stripe.StripeClient

    def disputes(self, *, since: dt.datetime) -> Sequence[ProviderDispute]:
        params: Any = {"created": {"gte": int(since.timestamp())}, "limit": 100}
        with translated():
            return [told(one) for one in self._client.v1.disputes.list(params).auto_paging_iter()]

    def answer_dispute(
        self, *, reference: str, text: str, file: bytes, idempotency_key: str
    ) -> None:
        upload: Any = {"file": io.BytesIO(file), "purpose": "dispute_evidence"}
        with translated():
            kept = self._client.v1.files.create(upload, with_key(f"{idempotency_key}:file"))
            evidence: Any = {
                "evidence": {"uncategorized_text": text, "uncategorized_file": kept.id},
                "submit": True,
            }
            self._client.v1.disputes.update(reference, evidence, with_key(idempotency_key))

    def accept_dispute(self, *, reference: str, idempotency_key: str) -> None:
        with translated():
            self._client.v1.disputes.close(reference, {}, with_key(idempotency_key))

    def payouts(self, *, start: dt.datetime, end: dt.datetime) -> Sequence[ProviderPayout]:
        params: Any = {
            "created": {"gte": int(start.timestamp()), "lt": int(end.timestamp())},
            "limit": 100,
            "expand": ["data.source"],
        }
        with translated():
            listed = self._client.v1.balance_transactions.list(params).auto_paging_iter()
            return [_line(one) for one in listed]


def _line(one: Any) -> ProviderPayout:
    """A balance transaction under the name our books have for it."""
    source = one.source
    reference = str(getattr(source, "payment_intent", None) or getattr(source, "id", one.id))
    kind = TYPES.get(one.reporting_category, "OTHER")
    if kind == "DISPUTE":
        reference = str(getattr(source, "id", one.id))
    return ProviderPayout(
        reference=reference,
        type=kind,
        gross=shekels(Decimal(one.amount) / HUNDRED),
        fee=shekels(Decimal(one.fee) / HUNDRED),
    )
