"""Orders and figures as the JSON API tells them to staff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from mami.api.fields import Day, Id, Instant, Money, Quantity, Text, instant, money, number
from mami.api.queries import CursorPaging, DateRange
from ops.selectors import SORTS, QueueRow
from ops.selectors.performance import Performance
from ops.selectors.substitutes import Offer
from ops.urgency import URGENCIES
from orders.models import FulfillmentType, Order, OrderStatus, PickedStatus
from orders.serializers import (
    OrderItemOut,
    OrderOut,
    OrderSlotOut,
    order_body,
    payment_body,
    slot_body,
)
from payments.serializers import PaymentOut


class OpsQuery(CursorPaging, DateRange):
    status = serializers.ListField(
        child=serializers.ChoiceField(choices=OrderStatus.values),
        required=False,
        source="statuses",
        help_text="Repeat it for several.",
    )
    branchId = Id(required=False, source="branch_id")  # noqa: N815
    q = Text(required=False, allow_blank=True, max_length=120, help_text="Order number or e-mail.")
    sort = serializers.ChoiceField(choices=list(SORTS), required=False, default="urgency")


class PersonRefOut(serializers.Serializer[Any]):
    id = Id()
    name = serializers.CharField()


class LineStateOut(serializers.Serializer[Any]):
    id = Id()
    picked_status = serializers.ChoiceField(choices=PickedStatus.values)


class QueueRowOut(serializers.Serializer[Any]):
    order_id = Id()
    order_number = serializers.CharField()
    status = serializers.ChoiceField(choices=OrderStatus.values)
    fulfillment_type = serializers.ChoiceField(choices=FulfillmentType.values)
    customer_name = serializers.CharField()
    created_at = Instant()
    delivery_slot = OrderSlotOut(allow_null=True)
    urgency = serializers.ChoiceField(choices=URGENCIES)
    items_total = serializers.IntegerField(help_text="Lines.")
    items_picked = serializers.IntegerField()
    items_missing = serializers.IntegerField()
    items_pending = serializers.IntegerField()
    items = LineStateOut(many=True)
    picker = PersonRefOut(allow_null=True)

    def to_representation(self, row: QueueRow) -> dict[str, Any]:
        order = row.order
        return {
            "order_id": order.pk,
            "order_number": order.order_number,
            "status": order.status,
            "fulfillment_type": order.fulfillment_type,
            "customer_name": order.user.full_name,
            "created_at": instant(order.created_at),
            "delivery_slot": slot_body(order.dated_slot),
            "urgency": row.urgency,
            "items_total": row.total,
            "items_picked": row.picked,
            "items_missing": row.missing,
            "items_pending": row.pending,
            "items": [{"id": key, "picked_status": status} for key, status in row.items],
            "picker": person_ref(order.picker),
        }


def person_ref(user: Any) -> dict[str, Any] | None:
    return {"id": user.pk, "name": user.full_name} if user else None


@dataclass(frozen=True, kw_only=True)
class OpsOrder:
    """An order with what staff may do with it, and what stands on its shelves (by product)."""

    order: Order
    allowed: list[str]
    available: Mapping[int, Decimal]
    urgency: str


class OpsItemOut(OrderItemOut):
    bin_location = serializers.CharField()
    barcode = serializers.CharField(allow_null=True)
    available_quantity = Quantity()


class OpsOrderOut(OrderOut):
    items = OpsItemOut(many=True)
    customer_name = serializers.CharField()
    customer_phone = serializers.CharField()
    notes = serializers.CharField()
    urgency = serializers.ChoiceField(choices=URGENCIES)
    picker = PersonRefOut(allow_null=True)
    allowed_transitions = serializers.ListField(
        child=serializers.ChoiceField(choices=OrderStatus.values)
    )

    def to_representation(self, found: OpsOrder) -> dict[str, Any]:  # type: ignore[override]
        order = found.order
        body = order_body(order)
        for item, line in zip(order.items.all(), body["items"], strict=True):
            line["bin_location"] = item.product.bin
            line["barcode"] = item.product.barcode
            line["available_quantity"] = number(found.available.get(item.product_id, Decimal(0)))
        return {
            **body,
            "customer_name": order.user.full_name,
            "customer_phone": str(order.user.phone or ""),
            "notes": order.notes,
            "urgency": found.urgency,
            "picker": person_ref(order.picker),
            "allowed_transitions": found.allowed,
        }


class OfferOut(serializers.Serializer[Any]):
    product_id = Id()
    name = serializers.CharField()
    sku = serializers.CharField()
    price = Money()
    bin_location = serializers.CharField()
    barcode = serializers.CharField(allow_null=True)
    available_quantity = Quantity()

    def to_representation(self, offer: Offer) -> dict[str, Any]:
        product = offer.product
        return {
            "product_id": product.pk,
            "name": product.name,
            "sku": product.sku,
            "price": money(product.price),
            "bin_location": product.bin,
            "barcode": product.barcode,
            "available_quantity": number(offer.available),
        }


class SubstituteIn(serializers.Serializer[Any]):
    product_id = Id()
    quantity = Quantity(
        required=False,
        allow_null=True,
        help_text="Absent: as many as are missing. Weighed goods: kg.",
    )
    agreed = serializers.BooleanField(
        required=False, help_text="The customer was asked and said yes; CALL_ME needs it."
    )


class PickIn(serializers.Serializer[Any]):
    picked_status = serializers.ChoiceField(choices=PickedStatus.values)
    picked_quantity = Quantity(
        required=False, allow_null=True, help_text="Absent: as ordered. Weighed goods: kg."
    )
    reason = Text(max_length=60, required=False, allow_blank=True)


class StatusIn(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=OrderStatus.values)
    reason = Text(max_length=200, required=False, allow_blank=True)


class PickerOut(serializers.Serializer[Any]):
    id = Id()
    name = serializers.CharField()
    orders = serializers.IntegerField()
    lines = serializers.IntegerField()
    picks_per_hour = serializers.FloatField(allow_null=True)


class PerformanceOut(serializers.Serializer[Any]):
    locals()["from"] = Day()
    to = Day()
    orders_by_status = serializers.DictField(child=serializers.IntegerField())
    on_time_rate = serializers.FloatField(allow_null=True, help_text="Share from 0 to 1.")
    missing_rate = serializers.FloatField(allow_null=True, help_text="Share of answered lines.")
    picks_per_hour = serializers.FloatField(allow_null=True)
    pickers = PickerOut(many=True)

    def to_representation(self, found: Performance) -> dict[str, Any]:
        return {
            "from": found.first.isoformat(),
            "to": found.last.isoformat(),
            "orders_by_status": found.orders_by_status,
            "on_time_rate": found.on_time_rate,
            "missing_rate": found.missing_rate,
            "picks_per_hour": found.picks_per_hour,
            "pickers": [vars(picker) for picker in found.pickers],
        }


class RefundItemIn(serializers.Serializer[Any]):
    id = Id()
    quantity = Quantity(min_value=Decimal("0.001"))


class RefundIn(serializers.Serializer[Any]):
    amount = Money(required=False, allow_null=True, min_value=Decimal("0.01"))
    items = RefundItemIn(many=True, required=False, allow_null=True, max_length=500)
    reason = Text(max_length=200)


class RefundOut(serializers.Serializer[Any]):
    refund_id = Id()
    amount = Money()
    status = serializers.ChoiceField(choices=["PENDING", "SUCCEEDED", "REFUSED"])
    payment = PaymentOut()

    def to_representation(self, found: dict[str, Any]) -> dict[str, Any]:
        return {
            "refund_id": found["refund_id"],
            "amount": str(found["amount"]),
            "status": found["status"],
            "payment": payment_body(found["payment"]),
        }
