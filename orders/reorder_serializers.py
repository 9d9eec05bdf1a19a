"""What was put in the basket again, and what was not, in the JSON API."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from api.fields import Id, Quantity, number
from cart.serializers import CartOut
from orders.services.reordering import Reordered


class NotAddedOut(serializers.Serializer[Any]):
    product_id = Id()
    name = serializers.CharField()
    requested_quantity = Quantity()
    added_quantity = Quantity()
    reason = serializers.ChoiceField(choices=["INACTIVE", "SOLD_OUT", "STEP", "LIMIT"])


class ReorderedOut(CartOut):
    not_added = NotAddedOut(many=True, help_text="Added less than was ordered.")

    def to_representation(self, result: Reordered) -> dict[str, Any]:  # type: ignore[override]
        body = super().to_representation(result.cart)
        told = [
            _("%(name)s could not be added: %(why)s.") % {"name": one.name, "why": one.why}
            if not one.added
            else _("%(name)s: less than ordered, %(why)s.") % {"name": one.name, "why": one.why}
            for one in result.not_added
        ]
        not_added = [
            {
                "product_id": one.product_id,
                "name": one.name,
                "requested_quantity": number(one.requested),
                "added_quantity": number(one.added),
                "reason": one.reason,
            }
            for one in result.not_added
        ]
        return {**body, "notices": [*told, *body["notices"]], "not_added": not_added}
