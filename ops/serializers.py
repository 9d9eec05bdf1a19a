"""Orders and figures as the JSON API tells them to staff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from api.fields import (
    Day,
    Id,
    Instant,
    Money,
    Quantity,
    Sought,
    Text,
    Whole,
    instant,
    money,
    number,
    time_of_day,
)
from api.queries import CursorPaging, DateRange
from ops.selectors import SORTS, QueueRow
from ops.selectors.affected import Affected
from ops.selectors.performance import Performance
from ops.urgency import URGENCIES
from orders.charge_serializers import BagsOut
from orders.choices import DelayReason
from orders.models import FulfillmentType, Order, OrderStatus, PickedStatus
from orders.serializers import (
    OrderItemOut,
    OrderOut,
    OrderSlotOut,
    order_body,
    slot_body,
)
from orders.staff_models import StaffNote
from orders.substitutes import SubstituteCandidate
from payments.serializers import STATES, HoldOut, hold_bodies


class OpsQuery(CursorPaging, DateRange):
    status = serializers.ListField(
        child=serializers.ChoiceField(choices=OrderStatus.values),
        required=False,
        source="statuses",
        help_text="Repeat it for several.",
    )
    branchId = Id(required=False, source="branch_id")  # noqa: N815
    q = Sought(required=False, allow_blank=True, max_length=120, help_text="Number, e-mail, phone.")
    unpaid = serializers.BooleanField(required=False, help_text="Open orders to be paid.")
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
    payment_status = serializers.ChoiceField(choices=STATES)
    fulfillment_type = serializers.ChoiceField(choices=FulfillmentType.values)
    customer_name = serializers.CharField()
    created_at = Instant()
    delivery_slot = OrderSlotOut(allow_null=True)
    urgency = serializers.ChoiceField(choices=URGENCIES)
    waited_minutes = Whole(allow_null=True, help_text="Since its customer stands outside.")
    items_total = Whole(help_text="Lines.")
    items_picked = Whole()
    items_missing = Whole()
    items_pending = Whole()
    items = LineStateOut(many=True)
    picker = PersonRefOut(allow_null=True)

    def to_representation(self, row: QueueRow) -> dict[str, Any]:
        order = row.order
        return {
            "order_id": order.pk,
            "order_number": order.order_number,
            "status": order.status,
            "payment_status": order.payment.state,
            "fulfillment_type": order.fulfillment_type,
            "customer_name": order.user.shown_name,
            "created_at": instant(order.created_at),
            "delivery_slot": slot_body(order.dated_slot),
            "urgency": row.urgency,
            "waited_minutes": row.waited,
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
    holds: list[dict[str, Any]]
    notes: Sequence[StaffNote]
    available: Mapping[int, Decimal]
    urgency: str


class OpsItemOut(OrderItemOut):
    bin_location = serializers.CharField()
    barcode = serializers.CharField(allow_null=True)
    available_quantity = Quantity()
    version = Whole(help_text="Grows by one with every answer, substitute and undo.")


class NoteOut(serializers.Serializer[Any]):
    id = Id()
    order_number = serializers.CharField(allow_null=True, help_text="Null: about the customer.")
    text = serializers.CharField()
    author = PersonRefOut()
    at = Instant()

    def to_representation(self, note: StaffNote) -> dict[str, Any]:
        return {
            "id": note.pk,
            "order_number": note.order.order_number if note.order else None,
            "text": note.text,
            "author": person_ref(note.author),
            "at": instant(note.at),
        }


class OpsOrderOut(OrderOut):
    items = OpsItemOut(many=True)
    customer_name = serializers.CharField()
    customer_phone = serializers.CharField()
    notes = serializers.CharField()
    staff_notes = NoteOut(many=True)
    placed_by = PersonRefOut(allow_null=True, help_text="Who of the staff placed it.")
    urgency = serializers.ChoiceField(choices=URGENCIES)
    picker = PersonRefOut(allow_null=True)
    holds = HoldOut(many=True, help_text="Every hold of its money, the newest first.")
    allowed_transitions = serializers.ListField(
        child=serializers.ChoiceField(choices=OrderStatus.values)
    )

    def to_representation(self, found: OpsOrder) -> dict[str, Any]:  # type: ignore[override]
        order = found.order
        body = order_body(order)
        if body["delivery"] and order.status != OrderStatus.OUT_FOR_DELIVERY:
            body["delivery"]["door_code"] = ""  # for whoever brings it, while it is brought
        for item, line in zip(order.items.all(), body["items"], strict=True):
            line["bin_location"] = item.product.bin
            line["barcode"] = item.product.barcode
            line["version"] = item.version
            line["available_quantity"] = number(found.available.get(item.product_id, Decimal(0)))
        return {
            **body,
            "customer_name": order.user.shown_name,
            "customer_phone": str(order.user.phone or ""),
            "notes": order.notes,
            "staff_notes": [NoteOut().to_representation(one) for one in found.notes],
            "placed_by": person_ref(order.placed_by),
            "urgency": found.urgency,
            "picker": person_ref(order.picker),
            "holds": hold_bodies(found.holds),
            "allowed_transitions": found.allowed,
        }


class SuggestedSlotOut(OrderSlotOut):
    slot_id = Id()


class AffectedOut(serializers.Serializer[Any]):
    order_id = Id()
    order_number = serializers.CharField()
    cause = serializers.ChoiceField(choices=["CLOSURE", "CALENDAR", "SLOT", "BRANCH", "CAPACITY"])
    delivery_slot = OrderSlotOut(allow_null=True)
    suggested = SuggestedSlotOut(many=True, help_text="At most three open windows near it.")

    def to_representation(self, found: Affected) -> dict[str, Any]:
        return {
            "order_id": found.order.pk,
            "order_number": found.order.order_number,
            "cause": found.cause,
            "delivery_slot": slot_body(found.order.dated_slot),
            "suggested": [
                {
                    "slot_id": choice.slot_id,
                    "date": choice.date.isoformat(),
                    "start_time": time_of_day(choice.start_time),
                    "end_time": time_of_day(choice.end_time),
                }
                for choice in found.suggested
            ],
        }


class OfferOut(serializers.Serializer[Any]):
    product_id = Id()
    name = serializers.CharField()
    sku = serializers.CharField()
    price = Money()
    bin_location = serializers.CharField()
    barcode = serializers.CharField(allow_null=True)
    available_quantity = Quantity()

    def to_representation(self, offer: SubstituteCandidate) -> dict[str, Any]:
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


SEEN_VERSION = "The line's `version` when it was decided; another one now → ANSWER_OVERTAKEN."


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
    seen_version = Whole(required=False, min_value=1, max_value=2**31 - 1, help_text=SEEN_VERSION)


class PickIn(serializers.Serializer[Any]):
    picked_status = serializers.ChoiceField(choices=PickedStatus.values)
    picked_quantity = Quantity(
        required=False, allow_null=True, help_text="Absent: as ordered. Weighed goods: kg."
    )
    reason = Text(max_length=60, required=False, allow_blank=True)
    seen_version = Whole(required=False, min_value=1, max_value=2**31 - 1, help_text=SEEN_VERSION)


class ReturnedIn(serializers.Serializer[Any]):
    id = Id()
    quantity = Quantity(min_value=Decimal("0.001"))


class StatusIn(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=OrderStatus.values)
    reason = Text(max_length=200, required=False, allow_blank=True)
    reason_code = serializers.ChoiceField(
        choices=DelayReason.values, required=False, help_text="Why it was not delivered."
    )
    restock = serializers.ListField(
        child=Id(),
        required=False,
        max_length=600,
        help_text="Lines that return to the shelf when an order that had left is cancelled.",
    )
    returned = ReturnedIn(
        many=True,
        required=False,
        max_length=600,
        help_text="Handed back at the door with the move to DELIVERED: refunded at once.",
    )

    def validate_returned(self, lines: list[dict[str, Any]]) -> dict[int, Decimal]:
        """Quantities by line."""
        found = {one["id"]: one["quantity"] for one in lines}
        if len(found) != len(lines):
            raise serializers.ValidationError(_("Name each line once."))
        return found


class PickerOut(serializers.Serializer[Any]):
    id = Id()
    name = serializers.CharField()
    orders = Whole()
    lines = Whole()
    picks_per_hour = serializers.FloatField(allow_null=True)


class PerformanceOut(serializers.Serializer[Any]):
    locals()["from"] = Day()
    to = Day()
    orders_by_status = serializers.DictField(child=Whole())
    on_time_rate = serializers.FloatField(allow_null=True, help_text="Share from 0 to 1.")
    missing_rate = serializers.FloatField(allow_null=True, help_text="Share of answered lines.")
    picks_per_hour = serializers.FloatField(allow_null=True)
    pickers = PickerOut(many=True)
    bags = BagsOut(many=True, help_text="Charged carrier bags by quarter.")

    def to_representation(self, found: Performance) -> dict[str, Any]:
        return {
            "from": found.first.isoformat(),
            "to": found.last.isoformat(),
            "orders_by_status": found.orders_by_status,
            "on_time_rate": found.on_time_rate,
            "missing_rate": found.missing_rate,
            "picks_per_hour": found.picks_per_hour,
            "pickers": [vars(picker) for picker in found.pickers],
            "bags": [{**vars(row), "amount": money(row.amount)} for row in found.bags],
        }
