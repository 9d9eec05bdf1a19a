"""Localities and delivery areas as the JSON API tells them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.fields import Id, Money, Sought, Text, Whole, money
from api.queries import Query
from branches.area_models import DeliveryArea, Locality
from branches.areas import destination_from
from branches.services.localities import LARGEST

MOST = 20


class LocalityCode(Whole):
    """The number of a locality at the Central Bureau of Statistics."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST, **options)


class LocalityNameOut(serializers.Serializer[Any]):
    code = LocalityCode()
    name = serializers.CharField()


class AreaTermsOut(serializers.Serializer[Any]):
    id = Id()
    name = serializers.CharField()
    fee = Money(allow_null=True, help_text="null: the window's.")
    minimum = Money(help_text="Goods after discounts.")
    free_from = Money(allow_null=True, help_text="null: the shop's usual threshold.")
    same_day = serializers.BooleanField()


class LocalityOut(LocalityNameOut):
    is_served = serializers.BooleanField()
    area = AreaTermsOut(allow_null=True)

    def to_representation(self, row: Locality) -> dict[str, Any]:
        found = destination_from(row, locality=row)
        return {
            "code": row.pk,
            "name": row.name,
            "is_served": found.is_served,
            "area": terms_body(found.area),
        }


def terms_body(area: Any) -> dict[str, Any] | None:
    """The terms of an area, or null where there is none."""
    if area is None:
        return None
    return {
        "id": area.id,
        "name": area.name,
        "fee": money(area.fee),
        "minimum": money(area.minimum),
        "free_from": money(area.free_from),
        "same_day": area.same_day,
    }


class LocalitiesQuery(Query):
    q = Sought(
        required=False, allow_blank=True, max_length=80, help_text="How a word of it begins."
    )
    limit = Whole(required=False, default=10, min_value=1, help_text=f"At most {MOST}.")

    def validate_limit(self, value: int) -> int:
        return min(value, MOST)


class AreaOut(AreaTermsOut):
    locality_count = Whole()

    def to_representation(self, area: DeliveryArea) -> dict[str, Any]:
        return {**(terms_body(area) or {}), "locality_count": area.locality_count}  # type: ignore[attr-defined]


class AreaAdminOut(AreaTermsOut):
    name_he = serializers.CharField()
    name_en = serializers.CharField()
    branch_id = Id(allow_null=True, help_text="null: the branch that deliveries leave from.")
    is_active = serializers.BooleanField()
    localities = serializers.ListField(child=LocalityCode())
    locality_count = Whole()

    def to_representation(self, area: DeliveryArea) -> dict[str, Any]:
        return {
            **(terms_body(area) or {}),
            "name_he": area.name_he,
            "name_en": area.name_en,
            "branch_id": area.branch_id,
            "is_active": area.is_active,
            "localities": sorted(one.locality_id for one in area.members.all()),
            "locality_count": len(area.members.all()),
        }


class AreaIn(serializers.Serializer[Any]):
    name_he = Text(max_length=80)
    name_en = Text(max_length=80)
    branch_id = Id(required=False, allow_null=True)
    fee = Money(required=False, allow_null=True)
    minimum = Money(required=False)
    free_from = Money(required=False, allow_null=True)
    same_day = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)
    localities = serializers.ListField(child=LocalityCode(), required=False, max_length=2000)
