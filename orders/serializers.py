"""Orders as the JSON API tells them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from branches.models import DatedSlot
from cart.models import Substitution
from cart.serializers import CartOut
from mami.api.fields import Id, Instant, Money, Quantity, TimeOfDay, instant, money, number
from mami.api.fields import time_of_day as time
from mami.api.queries import CursorPaging
from orders import selectors
from orders.models import (
    DeliveryPreference,
    FulfillmentType,
    Order,
    OrderItem,
    OrderStatus,
    PickedStatus,
)
from orders.services.reordering import Reordered
from payments.selectors import summary_of
from payments.serializers import PaymentOut

ADDRESS = (
    "recipient",
    "line1",
    "line2",
    "city",
    "postal_code",
    "floor",
    "door_code",
    "instructions",
)


class OrderBranchOut(serializers.Serializer[Any]):
    id = Id()
    name = serializers.CharField()


class OrderVatOut(serializers.Serializer[Any]):
    rate = serializers.CharField(help_text="Percent, e.g. 18.00.")
    net = Money()
    vat = Money()


class OrderSlotOut(serializers.Serializer[Any]):
    date = serializers.DateField()
    start_time = TimeOfDay()
    end_time = TimeOfDay()


class OrderDeliveryOut(serializers.Serializer[Any]):
    recipient = serializers.CharField()
    line1 = serializers.CharField()
    line2 = serializers.CharField()
    city = serializers.CharField()
    postal_code = serializers.CharField()
    floor = serializers.CharField()
    door_code = serializers.CharField()
    instructions = serializers.CharField()
    date = serializers.DateField()
    start_time = TimeOfDay()
    end_time = TimeOfDay()
    preference = serializers.ChoiceField(choices=DeliveryPreference.values)
    note = serializers.CharField()


class OrderPickupOut(serializers.Serializer[Any]):
    branch_id = Id()
    date = serializers.DateField(allow_null=True)
    start_time = TimeOfDay(allow_null=True)
    end_time = TimeOfDay(allow_null=True)
    code = serializers.CharField(help_text="Say it at the counter.")


class OrderItemOut(serializers.Serializer[Any]):
    id = Id()
    product_id = Id()
    name = serializers.CharField()
    sku = serializers.CharField()
    unit_price = Money()
    quantity = Quantity()
    picked_quantity = Quantity(allow_null=True)
    line_total = Money()
    picked_status = serializers.ChoiceField(choices=PickedStatus.values)
    substitute_for = Id(allow_null=True, help_text="The line it replaces.")
    substitution = serializers.ChoiceField(
        choices=Substitution.values, help_text="What the customer wants when it runs out."
    )


class TimelineOut(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=OrderStatus.values)
    at = Instant()


class OrderOut(serializers.Serializer[Any]):
    id = Id()
    order_number = serializers.CharField()
    status = serializers.ChoiceField(choices=OrderStatus.values)
    fulfillment_type = serializers.ChoiceField(choices=FulfillmentType.values)
    branch = OrderBranchOut()
    created_at = Instant()
    subtotal = Money()
    discount_total = Money()
    delivery_fee = Money()
    total_amount = Money(help_text="What was held; never more is charged.")
    vat = OrderVatOut(many=True)
    payment = PaymentOut()
    delivery = OrderDeliveryOut(allow_null=True)
    pickup = OrderPickupOut(allow_null=True)
    delivery_slot = OrderSlotOut(allow_null=True)
    items = OrderItemOut(many=True)
    timeline = TimelineOut(many=True)
    can_cancel = serializers.BooleanField()

    def to_representation(self, order: Order) -> dict[str, Any]:
        return order_body(order)


def order_body(order: Order) -> dict[str, Any]:
    """An order read by `selectors`; asks nothing more of the database."""
    return {
        "id": order.pk,
        "order_number": order.order_number,
        "status": order.status,
        "fulfillment_type": order.fulfillment_type,
        "branch": {"id": order.branch_id, "name": order.branch.name},
        "created_at": instant(order.created_at),
        "subtotal": money(order.subtotal),
        "discount_total": money(order.discount_total),
        "delivery_fee": money(order.delivery_fee),
        "total_amount": money(order.total_amount),
        "vat": [
            {"rate": str(row.rate), "net": money(row.net), "vat": money(row.vat)}
            for row in selectors.vat_rows(order=order)
        ],
        "payment": payment_body(summary_of(order.payment)),
        "delivery": _delivery(order),
        "pickup": _pickup(order),
        "delivery_slot": slot_body(order.dated_slot),
        "items": [item_body(item) for item in order.items.all()],
        "timeline": [
            {"status": change.status, "at": instant(change.at)} for change in order.timeline.all()
        ],
        "can_cancel": selectors.can_cancel(order=order),
    }


def payment_body(summary: dict[str, Any]) -> dict[str, Any]:
    amounts = {key: money(summary[key]) for key in ("authorized", "captured", "refunded")}
    return {**summary, **amounts}


def slot_body(dated: DatedSlot | None) -> dict[str, Any] | None:
    if dated is None:
        return None
    return {
        "date": dated.date.isoformat(),
        "start_time": time(dated.slot.start_time),
        "end_time": time(dated.slot.end_time),
    }


def item_body(item: OrderItem) -> dict[str, Any]:
    return {
        "id": item.pk,
        "product_id": item.product_id,
        "name": item.name,
        "sku": item.sku,
        "unit_price": money(item.unit_price),
        "quantity": number(item.quantity),
        "picked_quantity": number(item.picked_quantity),
        "line_total": money(item.line_total),
        "picked_status": item.picked_status,
        "substitute_for": item.substitute_for_id,
        "substitution": item.substitution,
    }


def _delivery(order: Order) -> dict[str, Any] | None:
    details = getattr(order, "delivery", None)
    if details is None:
        return None
    return {
        **{name: getattr(details, name) for name in ADDRESS},
        **(slot_body(order.dated_slot) or {}),
        "preference": details.preference,
        "note": details.note,
    }


def _pickup(order: Order) -> dict[str, Any] | None:
    details = getattr(order, "pickup", None)
    if details is None:
        return None
    when = slot_body(order.dated_slot) or dict.fromkeys(("date", "start_time", "end_time"))
    return {"branch_id": order.branch_id, **when, "code": details.code}


class OrdersQuery(CursorPaging):
    status = serializers.ListField(
        child=serializers.ChoiceField(choices=OrderStatus.values),
        required=False,
        help_text="Repeat it for several.",
    )


class ReorderedOut(CartOut):
    def to_representation(self, result: Reordered) -> dict[str, Any]:  # type: ignore[override]
        body = super().to_representation(result.cart)
        left_out = [_("%(name)s could not be added.") % {"name": name} for name in result.left_out]
        return {**body, "notices": [*left_out, *body["notices"]]}
