"""Checkout as the JSON API speaks of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from accounts.models import DeliveryPreference
from accounts.serializers import AddressIn
from accounts.services import AddressData
from api.fields import Day, Id, Instant, Money, Quantity, Text, TimeOfDay, Whole
from branches.serializers import AvailableSlotOut
from cart.models import Substitution
from checkout.quote_bodies import preview_body
from checkout.quotes import Preview
from checkout.requests import (
    MOST_LINES,
    ChangeLine,
    CheckoutRequest,
    ConfirmRequest,
    ExpectedSlot,
    PayRequest,
    PhoneRequest,
)
from checkout.services.changing import ChangePreview, change_preview_body
from orders.charge_serializers import ChargeOut
from orders.models import FulfillmentType, OrderStatus
from payments.cards import CardToken
from payments.serializers import STATES, CardIn

OPTIONAL: dict[str, Any] = {"required": False, "allow_null": True}


class InlineAddressIn(AddressIn):
    """An address for this order only."""

    label = Text(max_length=40, required=False, allow_blank=True)
    postal_code = serializers.RegexField(
        r"^([0-9]{5}([0-9]{2})?)?$", max_length=7, required=False, allow_blank=True
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


class ExpectedSlotIn(serializers.Serializer[Any]):
    """The window as the preview told it."""

    date = Day()
    start_time = TimeOfDay()
    end_time = TimeOfDay()


class ConfirmIn(CheckoutIn):
    payment_token_id = Id(**OPTIONAL, help_text="One of my saved cards.")
    payment = CardIn(**OPTIONAL, help_text="Neither given: the default card.")
    save_as_default = serializers.BooleanField(required=False)
    expected_total = Money(**OPTIONAL, help_text="Another total is refused.")
    expected_cart_version = Whole(
        **OPTIONAL,
        min_value=0,
        max_value=2**53,
        help_text="Of the preview; other lines are refused.",
    )
    expected_slot = ExpectedSlotIn(**OPTIONAL, help_text="Other times of the window are refused.")
    notes = Text(lines=True, max_length=500, required=False, allow_blank=True)
    delivery_preference = serializers.ChoiceField(choices=DeliveryPreference.values, required=False)
    delivery_note = Text(max_length=200, required=False, allow_blank=True)
    business_name = Text(max_length=120, required=False, allow_blank=True)
    vat_id = Text(
        max_length=9,
        required=False,
        allow_blank=True,
        help_text="Nine digits with their check digit: an invoice for a business.",
    )

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values = super().to_internal_value(data)
        if values.get("payment"):
            values["payment"] = CardToken(**values["payment"])
        if values.get("expected_slot"):
            values["expected_slot"] = ExpectedSlot(**values["expected_slot"])
        return values


class AnswerIn(serializers.Serializer[Any]):
    answer = serializers.ChoiceField(choices=["ACCEPT", "REJECT"])
    product_id = Id(required=False, allow_null=True, help_text="Offered, or any other safe one.")
    quantity = Quantity(required=False, allow_null=True, min_value=Decimal("0.001"))
    payment_token_id = Id(**OPTIONAL, help_text="Of a CHANGE: one of my saved cards.")
    payment = CardIn(**OPTIONAL)


class ChangeLineIn(serializers.Serializer[Any]):
    product_id = Id()
    quantity = Quantity(min_value=Decimal(0), help_text="0 takes it out.")
    substitution = serializers.ChoiceField(choices=Substitution.values, **OPTIONAL)
    note = Text(max_length=200, allow_blank=True, **OPTIONAL)


class ChangePreviewIn(serializers.Serializer[Any]):
    """What is not named stays; at least one thing is named."""

    lines = ChangeLineIn(
        many=True, max_length=MOST_LINES, **OPTIONAL, help_text="The whole list of products."
    )
    fulfillment_type = serializers.ChoiceField(choices=FulfillmentType.values, **OPTIONAL)
    branch_id = Id(**OPTIONAL, help_text="For a pickup.")
    delivery_slot_id = Id(**OPTIONAL)
    delivery_date = Day(**OPTIONAL)
    address_id = Id(**OPTIONAL)
    address = InlineAddressIn(**OPTIONAL)
    notes = Text(lines=True, max_length=500, allow_blank=True, **OPTIONAL)
    delivery_preference = serializers.ChoiceField(choices=DeliveryPreference.values, **OPTIONAL)
    delivery_note = Text(max_length=200, allow_blank=True, **OPTIONAL)
    payment_token_id = Id(**OPTIONAL, help_text="One of my saved cards, should more be held.")
    payment = CardIn(**OPTIONAL)
    expected_version = Whole(**OPTIONAL, min_value=1, help_text="Another version is refused.")

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values = super().to_internal_value(data)
        if values.get("lines") is not None:
            values["lines"] = tuple(ChangeLine(**line) for line in values["lines"])
        if values.get("address"):
            values["address"] = AddressData(**values["address"])
        if values.get("payment"):
            values["payment"] = CardToken(**values["payment"])
        return values


class ChangeIn(ChangePreviewIn):
    expected_version = Whole(min_value=1, help_text="The version that was seen.")
    expected_total = Money(help_text="The total that was seen; another one is refused.")


class StaffChangeIn(ChangeIn):
    reason = Text(min_length=3, max_length=200, help_text="Told to the customer.")


class PhoneLineIn(serializers.Serializer[Any]):
    product_id = Id()
    quantity = Quantity(min_value=Decimal("0.001"), max_value=Decimal(999))
    substitution = serializers.ChoiceField(choices=Substitution.values, **OPTIONAL)


class PhoneOrderIn(ConfirmIn):
    """Confirm's body with lines instead of a basket."""

    cart_id = None
    expected_cart_version = None
    save_as_default = None
    lines = PhoneLineIn(many=True, min_length=1, max_length=MOST_LINES)
    payment_token_id = Id(**OPTIONAL, help_text="One of the customer's saved cards.")
    payment = CardIn(**OPTIONAL, help_text="Always refused: no card by phone. Null: a link.")
    consent = serializers.BooleanField(
        required=False, help_text="The customer agrees that their saved card is used."
    )


def phone_request(body: dict[str, Any], customer_id: int) -> PhoneRequest:
    """What is ordered for whom."""
    lines = tuple(ChangeLine(**line) for line in body["lines"])
    return PhoneRequest(**{**body, "lines": lines, "customer_id": customer_id})


class PayIn(serializers.Serializer[Any]):
    payment_token_id = Id(**OPTIONAL, help_text="One of my saved cards.")
    payment = CardIn(**OPTIONAL, help_text="Neither given: the default card.")
    save_as_default = serializers.BooleanField(required=False)


def pay_request(body: dict[str, Any]) -> PayRequest:
    """What the body asks for."""
    card = body.get("payment")
    return PayRequest(
        payment_token_id=body.get("payment_token_id"),
        payment=CardToken(**card) if card else None,
        save_as_default=body.get("save_as_default", False),
    )


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


class PreviewAreaOut(serializers.Serializer[Any]):
    id = Id()
    name = serializers.CharField()
    minimum = Money(help_text="The smallest order: goods after discounts.")
    missing = Money()


class PreviewOut(serializers.Serializer[Any]):
    branch = NamedBranchOut()
    fulfillment_type = serializers.ChoiceField(choices=FulfillmentType.values)
    items = PreviewItemOut(many=True)
    subtotal = Money()
    discount_total = Money()
    delivery_fee = Money()
    charges = ChargeOut(many=True, help_text="Deposits and bags.")
    charges_total = Money()
    total = Money()
    cart_total = Money(help_text="The goods after discounts.")
    vat_total = Money()
    vat = VatRowOut(many=True)
    slot = AvailableSlotOut(allow_null=True)
    free_delivery_gap = Money()
    area = PreviewAreaOut(allow_null=True, help_text="The delivery area, where there is one.")
    ready_until = Instant(allow_null=True, help_text="Of a pickup without a window.")
    cart_version = Whole(help_text="For `expected_cart_version`.")

    def to_representation(self, preview: Preview) -> dict[str, Any]:
        return preview_body(preview)


class ChangedItemOut(PreviewItemOut):
    id = Id(allow_null=True, help_text="The line it was; null for a new one.")


class ChangePreviewOut(PreviewOut):
    items = ChangedItemOut(many=True)
    cart_version = None
    version = Whole(help_text="Of the order as it stands.")
    total_before = Money()
    difference = Money(help_text="New total less the old one; may be negative.")
    needs_new_hold = serializers.BooleanField(help_text="More has to be held than is.")

    def to_representation(self, found: ChangePreview) -> dict[str, Any]:  # type: ignore[override]
        return change_preview_body(found)


class ConfirmedOut(serializers.Serializer[Any]):
    """Exactly what was answered the first time."""

    order_id = Id()
    order_number = serializers.RegexField(r"^MS-[0-9A-HJKMNP-TV-Z]{8}$")
    status = serializers.ChoiceField(choices=OrderStatus.values)
    total_paid = Money(help_text="What is held now; 0.00 where it is held later.")
    total_amount = Money()
    payment_status = serializers.ChoiceField(choices=STATES)
    payment_reference = serializers.CharField()

    def to_representation(self, body: dict[str, Any]) -> dict[str, Any]:
        return body
