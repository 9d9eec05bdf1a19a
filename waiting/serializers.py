"""Waiting as the JSON API reads and tells it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from api.fields import Day, Id, Instant, Whole, instant
from waiting.models import State
from waiting.selectors import WaitingView


class WaitIn(serializers.Serializer[Any]):
    product_id = Id(required=False)
    slot_id = Id(required=False, help_text="With `date`, instead of a product.")
    date = Day(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if set(attrs) not in ({"product_id"}, {"slot_id", "date"}):
            said = [_("Say a product, or a window and its date.")]
            raise serializers.ValidationError({"product_id": said})
        return attrs


class WaitingOut(serializers.Serializer[Any]):
    id = Id()
    kind = serializers.ChoiceField(choices=["PRODUCT", "WINDOW"])
    product_id = Id(allow_null=True)
    slot_id = Id(allow_null=True)
    date = Day(allow_null=True)
    state = serializers.ChoiceField(choices=State.choices)
    position = Whole(allow_null=True, help_text="In the line, 1 is the next; null once offered.")
    offered_at = Instant(allow_null=True)
    offer_until = Instant(
        allow_null=True, help_text="Until when the place is kept; null for a product: nothing is."
    )
    created_at = Instant()

    def to_representation(self, one: WaitingView) -> dict[str, Any]:
        row, dated = one.row, one.row.dated_slot
        return {
            "id": row.pk,
            "kind": row.kind,
            "product_id": row.product_id,
            "slot_id": dated.slot_id if dated else None,
            "date": dated.date.isoformat() if dated else None,
            "state": str(one.state),
            "position": one.position,
            "offered_at": instant(row.offered_at),
            "offer_until": instant(row.offer_until),
            "created_at": instant(row.created_at),
        }
