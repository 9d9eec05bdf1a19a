"""Checkout as the JSON API speaks of it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.serializers import AddressIn
from accounts.services import AddressData
from branches.serializers import AvailableSlotOut
from checkout.quoting import Preview, preview_body
from checkout.requests import CheckoutRequest, ConfirmRequest
from mami.api.fields import Day, Id, Money, Quantity, Text
from orders.models import DeliveryPreference, FulfillmentType, OrderStatus
from payments.cards import CardToken
from payments.serializers import STATES, CardIn

OPTIONAL: dict[str, Any] = {"required": False, "allow_null": True}


class InlineAddressIn(AddressIn):
    """An address for this order only."""

    label = Text(max_length=40, required=False, allow_blank=True)
    postal_code = serializers.RegexField(
        r"^(\d{5}(\d{2})?)?$", max_length=7, required=False, allow_blank=True
    )
    is_default = None


class CheckoutIn(serializers.Serializer[Any]):
    fulfillment_type = serializers.ChoiceField(choices=FulfillmentType.values)
    branch_id = Id(**OPTIONAL, help_text="For a pickup.")
    delivery_slot_id = Id(**OPTIONAL)
    delivery_date = Day(**OPTIONAL, help_text="Absent: the slot's next open date.")
    address_id = Id(**OPTIONAL)
    address = InlineAddressIn(**OPTIONAL, help_text="Neither given: the default address.")
    cart_id = Id(**OPTIONAL, help_text="Must be my active basket.")

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values = super().to_internal_value(data)
        if values.get("address"):
            values["address"] = AddressData(**values["address"])
        return values


class ConfirmIn(CheckoutIn):
    payment_token_id = Id(**OPTIONAL, help_text="One of my saved cards.")
    payment = CardIn(**OPTIONAL, help_text="Neither given: the default card.")
    save_as_default = serializers.BooleanField(required=False)
    expected_total = Money(**OPTIONAL, help_text="Another total is refused.")
    notes = Text(lines=True, max_length=500, required=False, allow_blank=True)
    delivery_preference = serializers.ChoiceField(choices=DeliveryPreference.values, required=False)
    delivery_note = Text(max_length=200, required=False, allow_blank=True)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values = super().to_internal_value(data)
        if values.get("payment"):
            values["payment"] = CardToken(**values["payment"])
        return values


def checkout_request(body: dict[str, Any]) -> CheckoutRequest:
    return CheckoutRequest(**body)


def confirm_request(body: dict[str, Any]) -> ConfirmRequest:
    return ConfirmRequest(**body)


class NamedBranchOut(serializers.Serializer[Any]):
    id = Id()
    name = serializers.CharField()


class VatRowOut(serializers.Serializer[Any]):
    rate = serializers.CharField(help_text="Percent.")
    net = Money()
    vat = Money()


class PreviewItemOut(serializers.Serializer[Any]):
    id = Id()
    product_id = Id()
    product_name = serializers.CharField()
    quantity = Quantity()
    unit_price = Money()
    line_total = Money()
    is_available = serializers.BooleanField()


class PreviewOut(serializers.Serializer[Any]):
    branch = NamedBranchOut()
    fulfillment_type = serializers.ChoiceField(choices=FulfillmentType.values)
    items = PreviewItemOut(many=True)
    subtotal = Money()
    discount_total = Money()
    delivery_fee = Money()
    total = Money()
    cart_total = Money(help_text="The goods after discounts.")
    vat_total = Money()
    vat = VatRowOut(many=True)
    slot = AvailableSlotOut(allow_null=True)
    free_delivery_gap = Money()

    def to_representation(self, preview: Preview) -> dict[str, Any]:
        return preview_body(preview)


class ConfirmedOut(serializers.Serializer[Any]):
    """Exactly what was answered the first time."""

    order_id = Id()
    order_number = serializers.RegexField(r"^MS-[0-9A-HJKMNP-TV-Z]{8}$")
    status = serializers.ChoiceField(choices=OrderStatus.values)
    total_paid = Money()
    payment_status = serializers.ChoiceField(choices=STATES)
    payment_reference = serializers.CharField()

    def to_representation(self, body: dict[str, Any]) -> dict[str, Any]:
        return body
