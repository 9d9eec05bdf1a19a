"""What a refund is asked with, and what it answers, in the JSON API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.fields import Id, Money, Quantity, Text, number
from core.errors import InvalidInput
from orders.serializers import payment_body
from orders.services import ItemPart, RefundRequest
from payments.refunds import REASONS
from payments.serializers import PaymentOut


class RefundItemIn(serializers.Serializer[Any]):
    id = Id()
    quantity = Quantity(required=False, allow_null=True, min_value=Decimal("0.001"))
    amount = Money(required=False, allow_null=True, min_value=Decimal("0.01"))
    restock = serializers.BooleanField(required=False, default=False)


class RefundChargeIn(serializers.Serializer[Any]):
    id = Id()
    quantity = Quantity(min_value=Decimal("0.001"))


@extend_schema_field(
    {"oneOf": [{"type": "boolean"}, {"type": "string", "format": "decimal"}], "nullable": True}
)
@extend_schema_field({"type": ["boolean", "string"], "example": True})
class FeeField(serializers.Field[Any, Any, Any, Any]):
    """`true`: what is left of the fee; a sum: that much of it."""

    def to_internal_value(self, data: Any) -> Decimal | bool:
        if isinstance(data, bool):
            return data
        text = data if isinstance(data, str) else None  # a number says not how exact it is
        amount: Decimal = Money(min_value=Decimal("0.01")).run_validation(text)
        return amount

    def to_representation(self, value: Any) -> Any:
        return value


class RefundIn(serializers.Serializer[Any]):
    amount = Money(required=False, allow_null=True, min_value=Decimal("0.01"))
    items = RefundItemIn(many=True, required=False, allow_null=True, max_length=500)
    fee = FeeField(required=False, allow_null=True)
    charges = RefundChargeIn(many=True, required=False, allow_null=True, max_length=500)
    reason_code = serializers.ChoiceField(choices=sorted(REASONS), required=False, default="OTHER")
    reason = Text(max_length=200, required=False, default="")


def refund_request(body: dict[str, Any]) -> RefundRequest:
    """The body of a refund as the service takes it. Raises InvalidInput for a charge named twice."""
    charges = [(one["id"], one["quantity"]) for one in body.get("charges") or ()]
    if len(dict(charges)) != len(charges):
        raise InvalidInput(fields={"charges": [_("Name each line once.")]})
    return RefundRequest(
        items=[
            ItemPart(
                id=one["id"],
                quantity=one.get("quantity"),
                amount=one.get("amount"),
                restock=one.get("restock", False),
            )
            for one in body.get("items") or ()
        ],
        fee=body.get("fee") or None,
        charges=dict(charges),
        amount=body.get("amount"),
        reason_code=body.get("reason_code", "OTHER"),
        reason=body.get("reason", ""),
    )


class RefundLineOut(serializers.Serializer[Any]):
    item_id = Id(allow_null=True)
    kind = serializers.ChoiceField(choices=["ITEM", "FEE", "DEPOSIT", "BAG"])
    quantity = Quantity(allow_null=True)
    amount = Money()


class CreditNoteOut(serializers.Serializer[Any]):
    id = Id()
    number = serializers.CharField()


class RefundOut(serializers.Serializer[Any]):
    refund_id = Id()
    amount = Money()
    status = serializers.ChoiceField(choices=["PENDING", "SUCCEEDED", "REFUSED"])
    payment = PaymentOut()
    lines = RefundLineOut(many=True)
    credit_note = CreditNoteOut(allow_null=True, help_text="Null until the provider has agreed.")

    def to_representation(self, found: dict[str, Any]) -> dict[str, Any]:
        return {
            "refund_id": found["refund_id"],
            "amount": str(found["amount"]),
            "status": found["status"],
            "payment": payment_body(found["payment"]),
            "lines": [
                {**line, "quantity": number(line["quantity"]), "amount": str(line["amount"])}
                for line in found["lines"]
            ],
            "credit_note": found["credit_note"],
        }
