"""What pages, the API and reports show of disputes. Models of this app stay inside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from core.errors import NotFound
from payments.choices import TAKES_AWAY, DisputeStatus
from payments.dispute_models import Dispute, DisputeReason
from payments.models import Payment

MOST_MEANT = 1_000  # payments of a number that is not whole
STATUSES = tuple(DisputeStatus.values)
STATUS_CHOICES = DisputeStatus.choices
REASONS = tuple(DisputeReason.values)


@dataclass(frozen=True, kw_only=True)
class DisputeRow:
    """A dispute with its order, as lists show it."""

    id: int
    order_id: int | None
    order_number: str
    user_id: int
    provider_reference: str
    amount: Decimal
    fee: Decimal
    reason: str
    status: str
    opened_at: dt.datetime
    answer_by: dt.datetime
    answered_at: dt.datetime | None
    closed_at: dt.datetime | None
    is_credited: bool
    answer_text: str

    @property
    def reason_label(self) -> Any:
        return DisputeReason(self.reason).label

    @property
    def status_label(self) -> Any:
        return DisputeStatus(self.status).label


def disputes(*, status: str = "", order_number: str = "") -> QuerySet[Dispute]:
    """Disputes by the day they must be answered; slice it, then `row_of`."""
    found = Dispute.objects.select_related("payment__order").defer("evidence", "copy")
    if status:
        found = found.filter(status=status)
    if order_number:
        found = found.filter(payment__in=_payments_of(order_number))
    return found.order_by("answer_by", "id")


def _payments_of(number: str) -> list[int]:
    """The keys of payments for orders whose number is, or begins with, this; at most MOST_MEANT."""
    found = Payment.objects.filter(order_number__startswith=number).order_by("order_number")
    return list(found.values_list("pk", flat=True)[:MOST_MEANT])


def dispute(*, dispute_id: int) -> DisputeRow:
    """One dispute. Raises NotFound. One query."""
    found = disputes().filter(pk=dispute_id).first()
    if found is None:
        raise NotFound
    return row_of(found)


def row_of(row: Dispute) -> DisputeRow:
    """A row of `disputes`. No query."""
    order = getattr(row.payment, "order", None)
    return DisputeRow(
        id=row.pk,
        order_id=order.pk if order else None,
        order_number=row.payment.order_number,
        user_id=row.payment.user_id,
        provider_reference=row.provider_reference,
        amount=row.amount,
        fee=row.fee,
        reason=row.reason,
        status=row.status,
        opened_at=row.opened_at,
        answer_by=row.answer_by,
        answered_at=row.answered_at,
        closed_at=row.closed_at,
        is_credited=row.is_credited,
        answer_text=row.answer_text,
    )


def sent_copy(*, dispute_id: int) -> bytes | None:
    """The shop's copy of what was handed in, None before. One query."""
    found = Dispute.objects.filter(pk=dispute_id).values_list("copy", flat=True).first()
    return None if found is None else bytes(found)


def taken_away(*, payment_id: int) -> Decimal:
    """How much of a payment the banks hold or have taken back (₪). One query."""
    rows = Dispute.objects.filter(payment_id=payment_id, status__in=TAKES_AWAY)
    found: Decimal | None = rows.aggregate(total=Sum("amount"))["total"]
    return found or Decimal("0.00")


def open_count() -> int:
    """How many disputes wait for an answer. One query."""
    return Dispute.objects.filter(status=DisputeStatus.OPEN).count()


def lost_for_fraud(*, user_id: int) -> int:
    """How many disputes a person won against us by saying that it was not them. One query."""
    lost = Dispute.objects.filter(status=DisputeStatus.LOST, reason=DisputeReason.FRAUD)
    return lost.filter(payment__user_id=user_id).count()


def disputes_of(*, user_id: int) -> Sequence[DisputeRow]:
    """A person's disputes, newest first. One query."""
    rows = disputes().filter(payment__user_id=user_id).order_by("-opened_at", "-id")
    return [row_of(row) for row in rows]
