"""What pages, the API and reports show of payments. Models of this app stay inside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from payments.models import Payment, PaymentState, ProviderCall, ReconciliationCase, Refund

Summary = dict[str, Any]


def summary_of(payment: Payment) -> Summary:
    """What a customer may see of the payment of their order. No query."""
    return {
        "status": payment.state,
        "reference": payment.provider_reference,
        "brand": payment.brand,
        "last4": payment.last4,
        "authorized": payment.authorized,
        "captured": payment.captured,
        "refunded": payment.refunded,
    }


def payment_summary(*, payment_id: int) -> Summary:
    """`summary_of` by key. One query."""
    return summary_of(Payment.objects.get(pk=payment_id))


def payment_summaries(*, payment_ids: Iterable[int]) -> dict[int, Summary]:
    """`summary_of` for many. One query."""
    found = Payment.objects.in_bulk(list(payment_ids))
    return {key: summary_of(payment) for key, payment in found.items()}


def is_pending(*, payment_id: int) -> bool:
    """Whether the provider's word on the authorisation is still missing. One query."""
    return Payment.objects.filter(pk=payment_id, state=PaymentState.PENDING).exists()


def awaits_cardholder(*, payment_id: int) -> bool:
    """Whether a bank wants the cardholder to confirm the authorisation first. One query."""
    waiting = Payment.objects.filter(pk=payment_id, state=PaymentState.PENDING)
    return waiting.exclude(provider_reference="").exists()


def failure_of(*, payment_id: int) -> str:
    """Why a payment failed, in the provider's word or ours; "" when it did not. One query."""
    return Payment.objects.values_list("failure", flat=True).get(pk=payment_id)


def refund_summary(*, call_id: int) -> Summary:
    """The refund of a call that `request_refund` returned. One query.

    `status` is SUCCEEDED, REFUSED, or PENDING while the provider has not answered.
    """
    refund = Refund.objects.select_related("call", "payment").get(call_id=call_id)
    final = (ProviderCall.State.SUCCEEDED, ProviderCall.State.REFUSED)
    return {
        "refund_id": refund.pk,
        "amount": refund.amount,
        "status": refund.call.state if refund.call.state in final else "PENDING",
        "payment": summary_of(refund.payment),
    }


def refunds_of(*, payment_id: int) -> list[tuple[dt.datetime, Decimal]]:
    """What was given back of a payment and when it was asked for, oldest first. One query."""
    done = Refund.objects.filter(payment_id=payment_id, call__state=ProviderCall.State.SUCCEEDED)
    return list(done.order_by("id").values_list("created_at", "amount"))


def reconciliation_cases(
    *, status: str = "", start: dt.datetime | None = None, end: dt.datetime | None = None
) -> QuerySet[ReconciliationCase]:
    """Payments whose provider and order disagree, or did, opened in [start, end), newest first."""
    found = ReconciliationCase.objects.select_related("payment").order_by("-created_at", "-id")
    if status:
        found = found.filter(status=status)
    if start is not None:
        found = found.filter(created_at__gte=start)
    return found if end is None else found.filter(created_at__lt=end)
