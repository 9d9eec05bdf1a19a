"""Stock as the JSON API tells it to managers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from api.fields import Id, Instant, Quantity, Sought, Text, instant, number
from api.queries import CursorPaging
from inventory.models import Stock


class InventoryQuery(CursorPaging):
    branchId = Id(required=False, source="branch_id")  # noqa: N815
    productId = Id(required=False, source="product_id")  # noqa: N815
    q = Sought(required=False, allow_blank=True, max_length=200, help_text="Name, sku or barcode.")
    low = serializers.BooleanField(
        required=False, help_text="Only what is short or at its reorder point."
    )


class StockOut(serializers.Serializer[Any]):
    id = Id()
    product_id = Id()
    product_name = serializers.CharField()
    product_sku = serializers.CharField()
    branch_id = Id()
    branch_name = serializers.CharField()
    on_hand_quantity = Quantity()
    reserved_quantity = Quantity()
    available_quantity = Quantity(help_text="Never below 0.")
    reorder_point = Quantity()
    updated_at = Instant()

    def to_representation(self, stock: Stock) -> dict[str, Any]:
        return {
            "id": stock.pk,
            "product_id": stock.product_id,
            "product_name": stock.product.name,
            "product_sku": stock.product.sku,
            "branch_id": stock.branch_id,
            "branch_name": stock.branch.name,
            "on_hand_quantity": number(stock.on_hand),
            "reserved_quantity": number(stock.reserved),
            "available_quantity": number(max(Decimal(0), stock.on_hand - stock.reserved)),
            "reorder_point": number(stock.reorder_point),
            "updated_at": instant(stock.updated_at),
        }


class SetStockIn(serializers.Serializer[Any]):
    quantity = Quantity(min_value=Decimal(0), help_text="What stands on the shelf.")
    expected_quantity = Quantity(
        required=False, allow_null=True, help_text="What it was when last looked at."
    )
    reason = Text(max_length=200, required=False, allow_blank=True)


class OldStockIn(serializers.Serializer[Any]):
    available_quantity = Quantity(min_value=Decimal(0))
    reserved_quantity = Quantity(min_value=Decimal(0))
