"""The basket as the JSON API tells it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.fields import Id, Money, Quantity, Text, Whole, instant, money, number, time_of_day
from branches.serializers import AvailableSlotOut
from cart.models import NOTE_LENGTH, Substitution
from cart.selectors import CartLine, CartView
from cart.windows import Window
from catalog.serializers import image_url


class CartItemOut(serializers.Serializer[Any]):
    id = Id()
    product_id = Id()
    product_name = serializers.CharField()
    product_image = serializers.CharField(allow_null=True)
    quantity = Quantity()
    unit_price = Money(help_text="Today's price of a unit or a kg.")
    price_per = serializers.ChoiceField(choices=["UNIT", "KG"])
    line_total = Money()
    is_available = serializers.BooleanField(help_text="Otherwise it is not in the total.")
    notice = serializers.CharField(allow_null=True, help_text="What changed since it was added.")
    substitution = serializers.ChoiceField(
        choices=Substitution.values, help_text="What to do when it runs out."
    )
    note = serializers.CharField(help_text="A word for who picks it.")


class CartOut(serializers.Serializer[Any]):
    id = Id()
    items = CartItemOut(many=True)
    item_count = Whole()
    total_amount = Money()
    free_delivery_gap = Money(help_text="How much more makes delivery free.")
    notices = serializers.ListField(child=serializers.CharField())

    def to_representation(self, cart: CartView) -> dict[str, Any]:
        return {
            "id": cart.id,
            "items": [_line(line, self.context.get("request")) for line in cart.items],
            "item_count": cart.item_count,
            "total_amount": money(cart.total),
            "free_delivery_gap": money(cart.free_delivery_gap),
            "notices": cart.notices,
        }


def _line(line: CartLine, request: Any) -> dict[str, Any]:
    return {
        "id": line.id,
        "product_id": line.product_id,
        "product_name": line.product.name,
        "product_image": image_url(line.product, request),
        "quantity": number(line.quantity),
        "unit_price": money(line.unit_price),
        "price_per": line.price_per,
        "line_total": money(line.line_total),
        "is_available": line.is_available,
        "notice": str(line.notice) if line.notice else None,
        "substitution": line.substitution,
        "note": line.note,
    }


class ChoiceIn(serializers.Serializer[Any]):
    substitution = serializers.ChoiceField(
        choices=Substitution.values, required=False, help_text="What to do when it runs out."
    )
    note = Text(
        lines=True,
        required=False,
        allow_blank=True,
        max_length=NOTE_LENGTH,
        help_text='One line for who picks it; "" removes it.',
    )


class AddItemIn(ChoiceIn):
    product_id = Id()
    quantity = Quantity(help_text="Units, or kg in steps of the product.")


class SetQuantityIn(ChoiceIn):
    quantity = Quantity(min_value=Decimal("0.001"), required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError(
                {"quantity": [_("Say an amount, a choice or a note.")]}
            )
        return attrs


REASONS = {"NOT_OFFERED": "CLOSED"}
"""What the list says of days that windows do not reach yet."""


class WindowOut(AvailableSlotOut):
    closed_reason = serializers.ChoiceField(
        choices=["FULL", "CUTOFF", "CLOSED", "SHABBAT", "HOLIDAY"], allow_null=True
    )
    closed_note = serializers.CharField(
        allow_null=True, help_text="What is kept or why we are closed, in the reader's language."
    )

    def to_representation(self, window: Window) -> dict[str, Any]:
        choice = window.choice
        return {
            "slot_id": choice.slot_id,
            "date": choice.date.isoformat(),
            "start_time": time_of_day(choice.start_time),
            "end_time": time_of_day(choice.end_time),
            "fee": money(window.fee),
            "remaining": choice.remaining,
            "cutoff_at": instant(choice.cutoff_at),
            "is_open": choice.is_open,
            "closed_reason": REASONS.get(choice.closed_reason, choice.closed_reason) or None,
            "closed_note": choice.closed_note or None,
        }
