"""Lists as the JSON API reads and tells them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from api.fields import Id, Instant, Money, Quantity, Text, Whole, instant, money, number
from cart.models import NOTE_LENGTH
from cart.serializers import CartOut
from catalog.serializers import image_url
from lists.models import NAME_LENGTH
from lists.selectors import ListLine, ListView
from lists.services import ListBought


class ListNameIn(serializers.Serializer[Any]):
    name = Text(max_length=NAME_LENGTH)


class NoteIn(serializers.Serializer[Any]):
    note = Text(
        lines=True,
        required=False,
        allow_blank=True,
        max_length=NOTE_LENGTH,
        help_text='One line; "" removes it.',
    )


class PutOnListIn(NoteIn):
    product_id = Id()
    quantity = Quantity(required=False, help_text="One step where it is left out.")


class ListItemIn(NoteIn):
    quantity = Quantity(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError({"quantity": [_("Say an amount or a note.")]})
        return attrs


class BuyListIn(serializers.Serializer[Any]):
    item_ids = serializers.ListField(
        child=Id(), required=False, max_length=200, help_text="Only these lines; else all."
    )


class JoinIn(serializers.Serializer[Any]):
    token = Text(max_length=200)


class MemberOut(serializers.Serializer[Any]):
    id = Id()
    name = serializers.CharField(help_text="The first name.")


class ListLineOut(serializers.Serializer[Any]):
    id = Id()
    product_id = Id()
    product_name = serializers.CharField()
    product_image = serializers.CharField(allow_null=True)
    quantity = Quantity()
    note = serializers.CharField()
    added_by = Id(allow_null=True, help_text="One of the members; null once they have left.")
    added_at = Instant()
    unit_price = Money(help_text="Today's price of a unit or a kg.")
    price_per = serializers.ChoiceField(choices=["UNIT", "KG"])
    in_stock = serializers.BooleanField(help_text="At least one step can be delivered.")
    is_available = serializers.BooleanField(help_text="Sold, and in stock.")


class ListBriefOut(serializers.Serializer[Any]):
    id = Id()
    name = serializers.CharField()
    is_favourites = serializers.BooleanField()
    role = serializers.ChoiceField(choices=["OWNER", "MEMBER"], help_text="Mine.")
    members = MemberOut(many=True, help_text="The owner first.")
    item_count = Whole()
    updated_at = Instant()

    def to_representation(self, one: ListView) -> dict[str, Any]:
        return {**_head(one), "item_count": one.item_count, **_foot(one)}


class ListOut(serializers.Serializer[Any]):
    id = Id()
    name = serializers.CharField()
    is_favourites = serializers.BooleanField()
    role = serializers.ChoiceField(choices=["OWNER", "MEMBER"], help_text="Mine.")
    members = MemberOut(many=True, help_text="The owner first.")
    items = ListLineOut(many=True)
    updated_at = Instant()

    def to_representation(self, one: ListView) -> dict[str, Any]:
        request = self.context.get("request")
        return {**_head(one), "items": [_line(line, request) for line in one.items], **_foot(one)}


class ShareOut(serializers.Serializer[Any]):
    url = serializers.CharField()
    token = serializers.CharField()
    expires_at = Instant()


class BoughtOut(CartOut):
    def to_representation(self, result: ListBought) -> dict[str, Any]:  # type: ignore[override]
        body = super().to_representation(result.cart)
        told = [
            _("%(name)s: %(why)s.") % {"name": one.name, "why": one.why} for one in result.not_added
        ]
        return {**body, "notices": [*told, *body["notices"]]}


class WishIn(serializers.Serializer[Any]):
    product_id = Id()


class WishOut(serializers.Serializer[Any]):
    product_id = Id()
    created_at = Instant(source="added_at")


class WishlistOut(serializers.Serializer[Any]):
    items = WishOut(many=True)


def _head(one: ListView) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.title,
        "is_favourites": one.is_favourites,
        "role": "OWNER" if one.is_owner else "MEMBER",
        "members": [{"id": person.id, "name": person.name} for person in one.people],
    }


def _foot(one: ListView) -> dict[str, Any]:
    return {"updated_at": instant(one.row.updated_at)}


def _line(line: ListLine, request: Any) -> dict[str, Any]:
    return {
        "id": line.id,
        "product_id": line.product_id,
        "product_name": line.product.name,
        "product_image": image_url(line.product, request),
        "quantity": number(line.quantity),
        "note": line.note,
        "added_by": line.added_by,
        "added_at": instant(line.added_at),
        "unit_price": money(line.product.price),
        "price_per": line.price_per,
        "in_stock": line.in_stock,
        "is_available": line.is_available,
    }
