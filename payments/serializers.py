"""Saved cards as the JSON API tells them. The provider's token goes in and never comes out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from mami.api.fields import Id, Money, Text

STATES = ["AUTHORIZED", "CAPTURED", "PARTIALLY_REFUNDED", "REFUNDED", "VOIDED", "FAILED", "PENDING"]


class CardIn(serializers.Serializer[Any]):
    provider = Text(max_length=20)
    token = serializers.CharField(
        max_length=200, write_only=True, help_text="The provider's, never a card number."
    )


class CardOut(serializers.Serializer[Any]):
    id = Id()
    provider = serializers.CharField()
    brand = serializers.CharField()
    last4 = serializers.CharField()
    exp_month = serializers.IntegerField(allow_null=True)
    exp_year = serializers.IntegerField(allow_null=True)
    is_default = serializers.BooleanField()


class PaymentOut(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=STATES)
    reference = serializers.CharField()
    brand = serializers.CharField()
    last4 = serializers.CharField()
    authorized = Money()
    captured = Money()
    refunded = Money()
