"""What payments know about a person: saved cards, and the ledger of what was paid."""

from __future__ import annotations

import datetime as dt
from typing import Any

from payments.choices import DisputeStatus
from payments.dispute_models import Dispute
from payments.errors import PaymentUnavailable
from payments.models import Payment, PaymentToken, ProviderCall, ReconciliationCase, Refund
from payments.provider import ProviderFailure, ProviderRefused
from payments.providers import provider
from payments.services.holding import assert_no_transaction

PEOPLE = {
    "payments.PaymentToken.user": "deleted, here and at the provider",
    "payments.Payment.user": "stays: the ledger",
    "payments.ProviderCall.actor": "stays: the ledger, by key",
    "payments.Refund.actor": "stays: staff only",
    "payments.Dispute.actor": "stays: staff only",
    "payments.PayoutNote.actor": "stays: staff only",
}
_UNFINISHED = (ProviderCall.State.STARTED, ProviderCall.State.UNANSWERED)


def take_out(*, user_id: int) -> dict[str, Any]:
    cards = PaymentToken.objects.filter(user_id=user_id)
    paid = Payment.objects.filter(user_id=user_id).order_by("pk")
    return {
        "payment_tokens": list(
            cards.values("id", "provider", "brand", "last4", "exp_month", "exp_year", "is_default")
        ),
        "payments": list(
            paid.values(
                "order_number", "state", "amount", "captured", "refunded", "brand", "last4",
                "created_at",
            )
        ),
    }  # fmt: skip


def open_numbers(*, user_id: int) -> list[str]:
    """Orders whose money is still on its way, or about which there is a case."""
    own = Payment.objects.filter(user_id=user_id)
    calls = ProviderCall.objects.filter(payment__in=own, state__in=_UNFINISHED)
    cases = ReconciliationCase.objects.filter(
        payment__in=own, status=ReconciliationCase.Status.OPEN
    )
    disputes = Dispute.objects.filter(
        payment__in=own, status__in=[DisputeStatus.OPEN, DisputeStatus.ANSWERED]
    )
    return [
        number
        for rows in (calls, cases, disputes)
        for number in rows.values_list("payment__order_number", flat=True)
    ]


def let_go(*, user_id: int) -> None:
    """Have the provider forget the person's cards; asking again does no harm.

    Raises PaymentUnavailable when it does not answer.
    """
    assert_no_transaction()
    kept = PaymentToken.objects.filter(user_id=user_id).values_list("provider", "token")
    once = Payment.objects.filter(user_id=user_id).exclude(kept_token="")
    for name, token in {*kept, *once.values_list("provider", "kept_token")}:
        try:
            provider(name).forget(token=token)
        except ProviderRefused:  # it knows no such card any more
            continue
        except ProviderFailure:
            raise PaymentUnavailable from None


def erase(*, user_id: int, now: dt.datetime) -> None:
    PaymentToken.objects.filter(user_id=user_id).delete()
    Payment.objects.filter(user_id=user_id).update(kept_token="")
    Refund.objects.filter(payment__user_id=user_id).update(reason="")
