"""Standing orders as the JSON API reads and tells them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import DeliveryPreference
from api.fields import (
    Day,
    Id,
    Instant,
    Money,
    PlainDigits,
    Quantity,
    Sought,
    Text,
    TimeOfDay,
    Whole,
    instant,
    money,
    number,
    time_of_day,
)
from api.queries import CursorPaging, DateRange, Query
from cart.models import NOTE_LENGTH, Substitution
from orders.models import FulfillmentType
from standing.models import Cadence, HolidayRule, Occurrence, StandingOrder
from standing.pricing import StandingLine
from standing.selectors import OccurrenceView, StandingView
from standing.services import ItemData
from standing.status import Moved, State

NOTICES = ("OUT_OF_STOCK", "LESS_AVAILABLE", "PRICE_UP", "PRICE_DOWN", "NO_LONGER_SOLD")


@extend_schema_field({"type": "number", "example": 10})
class Percent(PlainDigits, serializers.DecimalField):
    """From 0 to 100, with two decimals at most."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_digits=5,
            decimal_places=2,
            min_value=Decimal(0),
            max_value=Decimal(100),
            **options,
        )


class StandingItemIn(serializers.Serializer[Any]):
    product_id = Id()
    quantity = Quantity()
    substitution = serializers.ChoiceField(choices=Substitution.values, required=False)
    note = Text(lines=True, required=False, allow_blank=True, max_length=NOTE_LENGTH)

    def to_internal_value(self, data: Any) -> Any:
        return ItemData(**super().to_internal_value(data))


class StandingIn(serializers.Serializer[Any]):
    """All that may be said; for a change any of it."""

    name = Text(max_length=60, required=False, allow_blank=True)
    cadence = serializers.ChoiceField(choices=Cadence.values)
    weekdays = serializers.ListField(
        child=Whole(min_value=0, max_value=6), min_length=1, max_length=7, help_text="0 = Sunday."
    )
    start_time = TimeOfDay(required=False, allow_null=True, help_text="Null: a pickup at any hour.")
    fulfillment_type = serializers.ChoiceField(choices=FulfillmentType.values)
    branch_id = Id(required=False, allow_null=True)
    address_id = Id(required=False, allow_null=True)
    payment_token_id = Id(required=False, allow_null=True)
    lead_days = Whole(min_value=1, max_value=6, required=False)
    price_limit_percent = Percent(required=False, allow_null=True, help_text="Null: never ask.")
    holiday_rule = serializers.ChoiceField(choices=HolidayRule.values, required=False)
    starts_on = Day(required=False)
    ends_on = Day(required=False, allow_null=True)
    delivery_preference = serializers.ChoiceField(choices=DeliveryPreference.values, required=False)
    delivery_note = Text(max_length=200, required=False, allow_blank=True)
    items = StandingItemIn(many=True, required=False)


class NewStandingIn(StandingIn):
    from_order_id = Id(required=False)
    from_list_id = Id(required=False)
    from_cart = serializers.BooleanField(required=False)
    agree = serializers.BooleanField(help_text="That the card is charged later.")


class PauseIn(serializers.Serializer[Any]):
    until = Day(required=False, allow_null=True)


class OccurrenceIn(serializers.Serializer[Any]):
    items = StandingItemIn(many=True, required=False)
    delivery_slot_id = Id(required=False)
    delivery_date = Day(required=False)
    address_id = Id(required=False)


class StandingLineOut(serializers.Serializer[Any]):
    product_id = Id()
    product_name = serializers.CharField()
    wanted_quantity = Quantity()
    quantity = Quantity()
    unit_price = Money()
    line_total = Money()
    substitution = serializers.ChoiceField(choices=Substitution.values)
    note = serializers.CharField()
    notice = serializers.ChoiceField(choices=NOTICES, allow_null=True)


class TemplateLineOut(serializers.Serializer[Any]):
    product_id = Id()
    product_name = serializers.CharField()
    quantity = Quantity()
    substitution = serializers.ChoiceField(choices=Substitution.values)
    note = serializers.CharField()
    unit_price = Money()
    line_total = Money()
    is_available = serializers.BooleanField()


class DateWindowOut(serializers.Serializer[Any]):
    slot_id = Id(allow_null=True)
    date = Day()
    start_time = TimeOfDay(allow_null=True)
    end_time = TimeOfDay(allow_null=True)


class OccurrenceOut(serializers.Serializer[Any]):
    date = Day(help_text="The day the rule names.")
    state = serializers.ChoiceField(choices=State.values)
    reason = serializers.CharField(allow_null=True)
    window = DateWindowOut(allow_null=True)
    window_kept = serializers.BooleanField()
    moved = serializers.ChoiceField(choices=Moved.values, allow_null=True)
    draft_at = Instant()
    place_at = Instant()
    editable = serializers.BooleanField()
    items = StandingLineOut(many=True)
    subtotal = Money()
    delivery_fee = Money()
    total = Money(help_text="With deposits and bags.")
    reference_subtotal = Money()
    price_rise_percent = serializers.FloatField()
    order_id = Id(allow_null=True)
    order_number = serializers.CharField(allow_null=True)

    def to_representation(self, view: OccurrenceView) -> dict[str, Any]:
        row, basket = view.row, view.basket
        return {
            "date": row.date.isoformat(),
            "state": row.state,
            "reason": row.reason or None,
            "window": _window(row),
            "window_kept": row.window_kept,
            "moved": row.moved or None,
            "draft_at": instant(row.draft_at),
            "place_at": instant(row.place_at),
            "editable": view.is_editable,
            "items": [_line(line) for line in basket.lines],
            "subtotal": money(basket.subtotal),
            "delivery_fee": money(basket.delivery_fee),
            "total": money(basket.total),
            "reference_subtotal": money(basket.reference_subtotal),
            "price_rise_percent": float(basket.price_rise_percent.quantize(Decimal("0.01"))),
            "order_id": row.order_id,
            "order_number": row.order.order_number if row.order else None,
        }


class EstimateOut(serializers.Serializer[Any]):
    subtotal = Money()
    delivery_fee = Money()
    total = Money()


class StandingBriefOut(serializers.Serializer[Any]):
    id = Id()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=StandingOrder.Status.values)
    paused_until = Day(allow_null=True)
    status_reason = serializers.CharField(allow_null=True)
    cadence = serializers.ChoiceField(choices=Cadence.values)
    weekdays = serializers.ListField(child=Whole())
    start_time = TimeOfDay(allow_null=True)
    fulfillment_type = serializers.ChoiceField(choices=FulfillmentType.values)
    branch_id = Id(allow_null=True)
    address_id = Id(allow_null=True)
    payment_token_id = Id(allow_null=True)
    lead_days = Whole()
    price_limit_percent = serializers.FloatField(allow_null=True)
    holiday_rule = serializers.ChoiceField(choices=HolidayRule.values)
    starts_on = Day()
    ends_on = Day(allow_null=True)
    delivery_preference = serializers.ChoiceField(choices=DeliveryPreference.values)
    delivery_note = serializers.CharField()
    items = TemplateLineOut(many=True)
    estimate = EstimateOut()

    def to_representation(self, view: StandingView) -> dict[str, Any]:
        row, basket = view.row, view.basket
        limit = row.price_limit_percent
        return {
            "id": row.pk,
            "name": row.name,
            "status": row.status,
            "paused_until": _day(row.paused_until),
            "status_reason": row.status_reason or None,
            "cadence": row.cadence,
            "weekdays": row.weekdays,
            "start_time": time_of_day(row.start_time),
            "fulfillment_type": row.fulfillment_type,
            "branch_id": row.branch_id,
            "address_id": row.address_id,
            "payment_token_id": row.payment_token_id,
            "lead_days": row.lead_days,
            "price_limit_percent": None if limit is None else float(limit),
            "holiday_rule": row.holiday_rule,
            "starts_on": row.starts_on.isoformat(),
            "ends_on": _day(row.ends_on),
            "delivery_preference": row.delivery_preference,
            "delivery_note": row.delivery_note,
            "items": [_template_line(line) for line in basket.lines],
            "estimate": {
                "subtotal": money(basket.subtotal),
                "delivery_fee": money(basket.delivery_fee),
                "total": money(basket.total),
            },
        }


class StandingOut(StandingBriefOut):
    next = OccurrenceOut(many=True)

    def to_representation(self, view: StandingView) -> dict[str, Any]:
        show = OccurrenceOut(context=self.context).to_representation
        return {**super().to_representation(view), "next": [show(one) for one in view.next]}


class PastQuery(Query):
    past = serializers.BooleanField(required=False, default=False)
    limit = Whole(required=False, default=8, min_value=1)

    def validate_limit(self, value: int) -> int:
        return min(value, 100)


class AdminStandingQuery(CursorPaging, DateRange):
    status = serializers.ChoiceField(choices=StandingOrder.Status.values, required=False)
    state = serializers.ChoiceField(choices=State.values, required=False)
    reason = Text(max_length=40, required=False)
    q = Sought(required=False, allow_blank=True, max_length=120, help_text="E-mail, phone or name.")


class AdminStandingOut(serializers.Serializer[Any]):
    id = Id()
    customer_id = Id()
    customer_name = serializers.CharField()
    status = serializers.ChoiceField(choices=StandingOrder.Status.values)
    cadence = serializers.ChoiceField(choices=Cadence.values)
    next_date = Day(allow_null=True)
    next_state = serializers.ChoiceField(choices=State.values, allow_null=True)
    reason = serializers.CharField(allow_null=True)
    total = Money(allow_null=True)

    def to_representation(self, told: Any) -> dict[str, Any]:
        row, one = told.row, told.occurrence
        return {
            "id": row.pk,
            "customer_id": row.user_id,
            "customer_name": row.user.shown_name,
            "status": row.status,
            "cadence": row.cadence,
            "next_date": one.date.isoformat() if one else None,
            "next_state": one.state if one else None,
            "reason": (one.reason if one else "") or row.status_reason or None,
            "total": money(told.total) if one else None,
        }


def _day(date: dt.date | None) -> str | None:
    return None if date is None else date.isoformat()


def _window(row: Occurrence) -> dict[str, Any] | None:
    if row.slot is None:
        return None
    return {
        "slot_id": row.slot_id,
        "date": row.window_date.isoformat(),
        "start_time": time_of_day(row.slot.start_time),
        "end_time": time_of_day(row.slot.end_time),
    }


def _line(line: StandingLine) -> dict[str, Any]:
    return {
        "product_id": line.product_id,
        "product_name": line.product.name,
        "wanted_quantity": number(line.wanted_quantity),
        "quantity": number(line.quantity),
        "unit_price": money(line.unit_price),
        "line_total": money(line.line_total),
        "substitution": line.substitution,
        "note": line.note,
        "notice": line.notice,
    }


def _template_line(line: StandingLine) -> dict[str, Any]:
    return {
        "product_id": line.product_id,
        "product_name": line.product.name,
        "quantity": number(line.wanted_quantity),
        "substitution": line.substitution,
        "note": line.note,
        "unit_price": money(line.unit_price),
        "line_total": money(line.line_total),
        "is_available": line.is_available,
    }
