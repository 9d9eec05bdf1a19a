"""What staff say of an order they change: another window, a question to its customer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.fields import Day, Id, Text


class QuestionIn(serializers.Serializer[Any]):
    product_ids = serializers.ListField(
        child=Id(), max_length=3, required=False, help_text="Absent: the closest safe ones."
    )


class ReslotIn(serializers.Serializer[Any]):
    delivery_slot_id = Id()
    delivery_date = Day()
    reason = Text(min_length=3, max_length=200, help_text="Told to the customer.")
    over_capacity = serializers.BooleanField(required=False, help_text="Also a full one.")
