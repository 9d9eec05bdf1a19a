"""Orders as the JSON API tells them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from accounts.models import DeliveryPreference
from api.fields import (
    Id,
    Instant,
    Money,
    Quantity,
    Sought,
    Text,
    TimeOfDay,
    Whole,
    instant,
    money,
    number,
)
from api.fields import time_of_day as time
from api.queries import CursorPaging, DateRange
from branches.models import DatedSlot
from branches.windows import ends_at
from cart.models import Substitution
from cart.selectors import price_per
from core import clock
from core.money import ZERO
from orders import selectors
from orders.charge_serializers import ChargeOut, charge_body
from orders.line_changes import KINDS, LineChange, line_changes
from orders.models import (
    FulfillmentType,
    Order,
    OrderItem,
    OrderStatus,
    PickedStatus,
)
from orders.problem_reports import problems_of
from orders.problem_serializers import ProblemOut, problem_body
from orders.question_serializers import QuestionOut, question_body
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
    ready_until = Instant(help_text="When it can last be collected.")
    arrived_at = Instant(allow_null=True, help_text="Since when I wait outside.")
    bay = serializers.CharField(help_text="Where I parked.")


class OrderItemOut(serializers.Serializer[Any]):
    id = Id()
    product_id = Id()
    name = serializers.CharField()
    sku = serializers.CharField()
    unit_price = Money()
    price_per = serializers.ChoiceField(choices=["UNIT", "KG"])
    quantity = Quantity()
    picked_quantity = Quantity(allow_null=True)
    line_total = Money()
    picked_status = serializers.ChoiceField(choices=PickedStatus.values)
    substitute_for = Id(allow_null=True, help_text="The line it replaces.")
    substitution = serializers.ChoiceField(
        choices=Substitution.values, help_text="What the customer wants when it runs out."
    )
    note = serializers.CharField(help_text="A word of the customer about it.")
    deposit = Money(help_text="For each unit, beside the price.")
    vat_class = serializers.CharField()
    charged = Money(help_text="What the capture took of it; 0.00 before.")
    refunded_amount, refunded_quantity = Money(), Quantity()


class TimelineOut(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=OrderStatus.values)
    at = Instant()


class LineChangeOut(serializers.Serializer[Any]):
    item_id = Id(allow_null=True, help_text="Null: the line is gone.")
    kind = serializers.ChoiceField(choices=KINDS)
    name = serializers.CharField()
    ordered = Quantity()
    packed = Quantity()
    substitute = serializers.CharField(allow_null=True)
    before = Money()
    after = Money()
    why = serializers.CharField(help_text="For the customer, in their language.")


class ArrivedIn(serializers.Serializer[Any]):
    bay = Text(max_length=20, required=False, allow_blank=True, help_text="Where I parked.")


class BusinessIn(serializers.Serializer[Any]):
    business_name = Text(max_length=120, allow_blank=True)
    vat_id = Text(max_length=11, allow_blank=True, help_text="Nine digits with their check digit.")


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
    charges = ChargeOut(many=True, help_text="Deposits and bags.")
    charges_total = Money()
    total_amount = Money(help_text="What was held; never more is charged.")
    vat = OrderVatOut(many=True)
    payment = PaymentOut()
    business_name = serializers.CharField(help_text="On the invoice, where a business buys.")
    vat_id = serializers.CharField()
    delivery = OrderDeliveryOut(allow_null=True)
    pickup = OrderPickupOut(allow_null=True)
    delivery_slot = OrderSlotOut(allow_null=True)
    items = OrderItemOut(many=True)
    timeline = TimelineOut(many=True)
    can_cancel = serializers.BooleanField()
    can_change = serializers.BooleanField()
    change_until = Instant(
        allow_null=True, help_text="While `can_change`; null where no hour ends it."
    )
    version = Whole(help_text="One more with every change.")
    attempts = Whole(help_text="How often it came back from the door.")
    amount_due = Money(help_text="What would be charged as it stands.")
    questions = QuestionOut(many=True, help_text="What I am asked about it.")
    changes = LineChangeOut(many=True, help_text="Lines that are not as they were ordered.")
    problems = ProblemOut(many=True, help_text="What I reported as wrong.")

    def to_representation(self, order: Order) -> dict[str, Any]:
        return order_body(order)


def order_body(order: Order) -> dict[str, Any]:
    """An order read by `selectors`; asks for its deposits and bags where it has any."""
    charges = selectors.charges_of(order=order)
    deposits = {one.item_id: one.unit_price for one in charges if one.item_id is not None}
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
        "charges": [charge_body(one) for one in charges],
        "charges_total": money(order.charges_total),
        "total_amount": money(order.total_amount),
        "vat": [
            {"rate": str(row.rate), "net": money(row.net), "vat": money(row.vat)}
            for row in selectors.vat_rows(order=order)
        ],
        "payment": payment_body(summary_of(order.payment)),
        "business_name": order.business_name,
        "vat_id": order.vat_id,
        "delivery": _delivery(order),
        "pickup": _pickup(order),
        "delivery_slot": slot_body(order.dated_slot),
        "items": [
            item_body(item, deposit=deposits.get(item.pk, ZERO)) for item in order.items.all()
        ],
        "timeline": [
            {"status": change.status, "at": instant(change.at)} for change in order.timeline.all()
        ],
        "can_cancel": selectors.can_cancel(order=order),
        **_changes(order),
        "version": order.version,
        "attempts": order.attempts,
        "amount_due": money(selectors.due_as_it_stands(order=order)),
        "questions": [question_body(one) for one in selectors.questions_of(order=order)],
        "changes": [
            _line_change(one)
            for one in line_changes(order.items.all(), selectors.edits_of(order=order))
        ],
        "problems": [problem_body(one) for one in problems_of(order=order)],
    }


def _line_change(change: LineChange) -> dict[str, Any]:
    return {
        "item_id": change.item_id,
        "kind": change.kind,
        "name": change.name,
        "ordered": number(change.ordered),
        "packed": number(change.packed),
        "substitute": change.substitute or None,
        "before": money(change.before),
        "after": money(change.after),
        "why": change.why,
    }


def _changes(order: Order) -> dict[str, Any]:
    may = not selectors.change_refusal(order=order, now=clock.now())
    until = selectors.change_until(order=order) if may else None
    return {"can_change": may, "change_until": _instant(until)}


MOMENTS = ("hold_expires_at", "authorize_at", "pay_until")


def payment_body(summary: dict[str, Any]) -> dict[str, Any]:
    amounts = {key: money(summary[key]) for key in ("authorized", "captured", "refunded")}
    times = {key: _instant(summary.get(key)) for key in MOMENTS}
    return {**summary, **amounts, **times, "pay_path": summary.get("pay_path")}


def _instant(at: dt.datetime | None) -> str | None:
    return None if at is None else instant(at)


def slot_body(dated: DatedSlot | None) -> dict[str, Any] | None:
    if dated is None:
        return None
    return {
        "date": dated.date.isoformat(),
        "start_time": time(dated.slot.start_time),
        "end_time": time(dated.slot.end_time),
    }


def item_body(item: OrderItem, *, deposit: Decimal = ZERO) -> dict[str, Any]:
    return {
        "id": item.pk,
        "product_id": item.product_id,
        "name": item.name,
        "sku": item.sku,
        "unit_price": money(item.unit_price),
        "price_per": price_per(item.sold_by),
        "quantity": number(item.quantity),
        "picked_quantity": number(item.picked_quantity),
        "line_total": money(item.line_total),
        "picked_status": item.picked_status,
        "substitute_for": item.substitute_for_id,
        "substitution": item.substitution,
        "note": item.note,
        "deposit": money(deposit),
        "vat_class": item.vat_class,
        "charged": money(item.charged),
        "refunded_amount": money(item.refunded_amount),
        "refunded_quantity": number(item.refunded_quantity),
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
    dated = order.dated_slot
    until = ends_at(dated.slot, dated.date) if dated else order.due_at
    return {
        "branch_id": order.branch_id,
        **when,
        "code": details.code,
        "ready_until": instant(until),
        "arrived_at": instant(details.arrived_at),
        "bay": details.bay,
    }


class OrdersQuery(CursorPaging, DateRange):
    q = Sought(
        required=False,
        allow_blank=True,
        max_length=120,
        help_text="An order number, or the beginning of a word of a product in it.",
    )
    status = serializers.ListField(
        child=serializers.ChoiceField(choices=OrderStatus.values),
        required=False,
        help_text="Repeat it for several.",
    )
