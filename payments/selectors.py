"""What pages, the API and reports show of payments. Models of this app stay inside it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Sum

from core import clock
from payments.choices import PaymentState
from payments.models import Payment, ProviderCall, ReconciliationCase, Refund

Summary = dict[str, Any]
SURE_FOR = dt.timedelta(minutes=5)
"""A hold counts as held while it lives at least so much longer."""
LIVES_ON = dt.timedelta(hours=12)
SEEN_WITHIN = dt.timedelta(hours=24)
TAKEN = frozenset({PaymentState.CAPTURED, PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUNDED})


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How the money of an order stands. `capture` is the state of the charge that was asked for."""

    state: str
    hold_expires_at: dt.datetime | None
    hold_checked_at: dt.datetime | None
    pay_until: dt.datetime | None = None
    authorize_at: dt.datetime | None = None
    asked_at: dt.datetime | None = None
    failure: str = ""
    capture: str = ""
    capture_failure: str = ""

    @property
    def is_nothing(self) -> bool:
        return self.state == PaymentState.NONE

    @property
    def is_captured(self) -> bool:
        return self.state in TAKEN

    @property
    def capture_refused(self) -> bool:
        return self.capture == ProviderCall.State.REFUSED

    def is_held(self, now: dt.datetime) -> bool:
        """Whether the provider holds the money, and for five minutes more at least."""
        ends = self.hold_expires_at
        return self.state == PaymentState.AUTHORIZED and (ends is None or ends - now >= SURE_FOR)

    def is_sure(self, now: dt.datetime) -> bool:
        """Whether the bank guarantees the money although the provider does not answer just now: the
        hold lives twelve hours more, and was confirmed within the last day."""
        ends, seen = self.hold_expires_at, self.hold_checked_at
        return (
            self.state == PaymentState.AUTHORIZED
            and ends is not None
            and ends - now >= LIVES_ON
            and seen is not None
            and now - seen <= SEEN_WITHIN
        )


def standing(*, payment_id: int) -> Standing:
    """How the money of an order stands. One query."""
    call = ProviderCall.objects.filter(payment=OuterRef("pk"), kind=ProviderCall.Kind.CAPTURE)
    row = (
        Payment.objects.filter(pk=payment_id)
        .annotate(
            capture=Subquery(call.values("state")[:1]),
            capture_failure=Subquery(call.values("failure")[:1]),
        )
        .values(
            "state",
            "hold_expires_at",
            "hold_checked_at",
            "pay_until",
            "authorize_at",
            "asked_at",
            "failure",
            "capture",
            "capture_failure",
        )
        .get()
    )
    return Standing(
        state=row["state"],
        hold_expires_at=row["hold_expires_at"],
        hold_checked_at=row["hold_checked_at"],
        pay_until=row["pay_until"],
        authorize_at=row["authorize_at"],
        asked_at=row["asked_at"],
        failure=row["failure"],
        capture=row["capture"] or "",
        capture_failure=row["capture_failure"] or "",
    )


def summary_of(payment: Payment) -> Summary:
    """What a customer may see of the payment of their order. No query.

    `pay_path` is where they can, and should, pay.
    """
    state, now = payment.state, clock.now()
    held, unpaid = state == PaymentState.AUTHORIZED, state == PaymentState.UNPAID
    in_time = payment.pay_until is None or now < payment.pay_until
    must_pay = (unpaid and in_time) or (held and payment.asked_at is not None)
    return {
        "status": payment.state,
        "reference": payment.provider_reference,
        "brand": payment.brand,
        "last4": payment.last4,
        "authorized": payment.authorized,
        "captured": payment.captured,
        "refunded": payment.refunded,
        "hold_expires_at": payment.hold_expires_at if held else None,
        "authorize_at": payment.authorize_at if state == PaymentState.SCHEDULED else None,
        "pay_until": payment.pay_until if unpaid else None,
        "pay_path": f"/orders/{payment.order_number}/pay/" if must_pay else None,
    }


def held_amount(*, payment_id: int) -> Decimal | None:
    """What is held for an order now (₪); None where nothing is. One query."""
    held = Payment.objects.filter(pk=payment_id, state=PaymentState.AUTHORIZED)
    return held.values_list("authorized", flat=True).first()


def payment_summary(*, payment_id: int) -> Summary:
    """`summary_of` by key. One query."""
    return summary_of(Payment.objects.get(pk=payment_id))


def holds_of(*, order_number: str) -> list[Summary]:
    """Every hold of an order, the newest first, for staff. One query."""
    found = Payment.objects.filter(order_number=order_number).order_by("-pk")
    return [
        {
            "reference": payment.provider_reference,
            "amount": payment.amount,
            "captured": payment.captured,
            "status": payment.state,
            "expires_at": payment.hold_expires_at,
            "words": payment.get_state_display(),
            "card": f"{payment.brand.title()} {payment.last4}",
        }
        for payment in found
    ]


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


def refunded_of(*, user_id: int, since: dt.datetime | None = None) -> Decimal:
    """What was given back to a person (₪), ever or `since` an instant. One query."""
    if since is None:
        found = Payment.objects.filter(user_id=user_id).aggregate(total=Sum("refunded"))["total"]
    else:
        done = ProviderCall.objects.filter(
            payment__user_id=user_id,
            kind=ProviderCall.Kind.REFUND,
            state=ProviderCall.State.SUCCEEDED,
            finished_at__gte=since,
        )
        found = done.aggregate(total=Sum("amount"))["total"]
    return found or Decimal("0.00")


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
