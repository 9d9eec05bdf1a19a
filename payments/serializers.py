"""Saved cards as the JSON API tells them. The provider's token goes in and never comes out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.fields import Id, Instant, Money, Text, Whole, instant, money
from api.queries import CursorPaging, DateRange
from payments.models import ReconciliationCase

STATES = [
    "AUTHORIZED",
    "CAPTURED",
    "PARTIALLY_REFUNDED",
    "REFUNDED",
    "VOIDED",
    "FAILED",
    "PENDING",
    "SCHEDULED",
    "UNPAID",
    "NONE",
]


class CardIn(serializers.Serializer[Any]):
    provider = Text(max_length=20)
    token = serializers.CharField(
        max_length=200, write_only=True, help_text="The provider's, never a card number."
    )


class CardOut(serializers.Serializer[Any]):
    id = Id()
    provider = serializers.CharField()
    brand = serializers.CharField()
    last4 = serializers.CharField()
    exp_month = Whole(allow_null=True)
    exp_year = Whole(allow_null=True)
    is_default = serializers.BooleanField()


class PaymentOut(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=STATES)
    reference = serializers.CharField()
    brand = serializers.CharField()
    last4 = serializers.CharField()
    authorized = Money()
    captured = Money()
    refunded = Money()
    hold_expires_at = Instant(allow_null=True)
    authorize_at = Instant(allow_null=True, help_text="When the money will be held.")
    pay_until = Instant(allow_null=True)
    pay_path = serializers.CharField(
        allow_null=True, help_text="Where the customer pays, while they can and should."
    )


class ReconciliationQuery(CursorPaging, DateRange):
    status = serializers.ChoiceField(choices=ReconciliationCase.Status.values, required=False)
    export = serializers.ChoiceField(choices=["csv"], required=False)


class CaseOut(serializers.Serializer[Any]):
    id = Id()
    kind = serializers.CharField()
    reference = serializers.CharField(help_text="The provider's.")
    order_number = serializers.CharField()
    amount = Money()
    state = serializers.ChoiceField(choices=STATES, help_text="Of the payment, now.")
    status = serializers.ChoiceField(choices=ReconciliationCase.Status.values)
    resolution = serializers.ChoiceField(
        choices=ReconciliationCase.Resolution.values, allow_null=True
    )
    created_at = Instant()
    resolved_at = Instant(allow_null=True)

    def to_representation(self, case: ReconciliationCase) -> dict[str, Any]:
        return {
            "id": case.pk,
            "kind": case.kind,
            "reference": case.payment.provider_reference,
            "order_number": case.payment.order_number,
            "amount": money(case.payment.amount),
            "state": case.payment.state,
            "status": case.status,
            "resolution": case.resolution or None,
            "created_at": instant(case.created_at),
            "resolved_at": instant(case.resolved_at),
        }


class HoldOut(serializers.Serializer[Any]):
    reference = serializers.CharField()
    amount = Money()
    status = serializers.ChoiceField(choices=STATES)
    expires_at = Instant(allow_null=True)


def hold_bodies(holds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What `payments.selectors.holds_of` found, ready for JSON."""
    return [
        {
            "reference": hold["reference"],
            "amount": money(hold["amount"]),
            "status": hold["status"],
            "expires_at": instant(hold["expires_at"]) if hold["expires_at"] else None,
        }
        for hold in holds
    ]
