"""Deposits and bags of an order, as the JSON API tells them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from api.fields import Id, Money, Quantity, Whole, money, number
from orders.refund_models import OrderCharge


class ChargeOut(serializers.Serializer[Any]):
    id = Id(allow_null=True, help_text="Null before it is ordered.")
    kind = serializers.ChoiceField(choices=OrderCharge.Kind.values)
    item_id = Id(allow_null=True, help_text="The line whose deposit it is.")
    name = serializers.CharField()
    quantity = Quantity(help_text="Of bags: at most this many.")
    unit_price = Money()
    amount = Money()
    vat_rate = serializers.CharField(help_text="Percent.")


class BagsOut(serializers.Serializer[Any]):
    quarter = serializers.CharField(help_text="E.g. 2026-Q4.")
    bags = Whole()
    amount = Money()


def charge_body(charge: OrderCharge) -> dict[str, Any]:
    """A charge read with its line; asks nothing of the database."""
    return {
        "id": charge.pk,
        "kind": charge.kind,
        "item_id": charge.item_id,
        "name": charge.item.name if charge.item else _("Carrier bags"),
        "quantity": number(charge.quantity),
        "unit_price": money(charge.unit_price),
        "amount": money(charge.amount),
        "vat_rate": str(charge.vat_rate),
    }
