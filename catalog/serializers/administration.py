"""What managers send and see of the catalogue, and what the first client asks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from api.fields import Id, Money, Quantity, Sought, Text, Whole, number
from api.queries import CursorPaging, Paging
from catalog.choices import Allergen, DietaryTag, Passover, SizeUnit, SoldBy
from catalog.product_rows import Described
from catalog.serializers.products import ProductOut, plain_product
from catalog.serializers.searching import BranchQuery
from core.gtin import VALID_DIGITS

PER = ["100G", "100ML", "KG", "L", "PIECE"]

SHOWN_WIDTH = 640


class CategoryIn(serializers.Serializer[Any]):
    name = Text(
        max_length=120, required=False, help_text="For both languages where one is missing."
    )
    name_he = Text(max_length=120, required=False)
    name_en = Text(max_length=120, required=False)
    parent_id = Id(required=False, allow_null=True)


class CategoryPatchIn(CategoryIn):
    is_active = serializers.BooleanField(required=False)


class ProductIn(serializers.Serializer[Any]):
    sku = Text(max_length=40)
    name = Text(
        max_length=120, required=False, help_text="For both languages where one is missing."
    )
    name_he = Text(max_length=120, required=False)
    name_en = Text(max_length=120, required=False)
    price = Money(min_value=Decimal("0.01"))
    category_id = Id()
    barcode = serializers.CharField(
        required=False, allow_null=True, validators=[VALID_DIGITS],
        help_text="A GTIN: 8 to 14 digits with their check digit; zeros in front do not count.",
    )  # fmt: skip
    brand = Text(max_length=120, required=False, allow_null=True, help_text="Its name.")
    description_he = Text(lines=True, max_length=4000, required=False, allow_blank=True)
    description_en = Text(lines=True, max_length=4000, required=False, allow_blank=True)
    sold_by = serializers.ChoiceField(choices=SoldBy.values, required=False)
    quantity_step = Quantity(max_digits=8, required=False)
    size = Quantity(max_digits=10, required=False)
    size_unit = serializers.ChoiceField(choices=SizeUnit.values, required=False)
    vat_class = serializers.ChoiceField(choices=["STANDARD", "ZERO"], required=False)
    deposit = Money(required=False, help_text="₪ for each unit, beside the price.")
    dietary_tags = serializers.ListField(
        child=serializers.ChoiceField(choices=DietaryTag.values), required=False
    )
    allergens = serializers.ListField(
        child=serializers.ChoiceField(choices=Allergen.values), required=False
    )
    passover = serializers.ChoiceField(
        choices=Passover.values, required=False, allow_null=True,
        help_text="KOSHER carries the tag `kosher_passover`, and the tag alone says KOSHER.",
    )  # fmt: skip
    old_price = Money(required=False, allow_null=True)
    bin = Text(max_length=20, required=False, allow_blank=True)
    is_active = serializers.BooleanField(required=False)


class AdminListQuery(Paging):
    pass


class AdminProductsQuery(CursorPaging):
    q = Sought(required=False, allow_blank=True, max_length=200, help_text="Name, sku or barcode.")
    categoryId = Id(required=False, source="category_id")  # noqa: N815
    isActive = serializers.BooleanField(required=False, source="is_active")  # noqa: N815


class AdminCategoryOut(serializers.Serializer[Any]):
    id = Id()
    name = serializers.CharField()
    name_he = serializers.CharField()
    name_en = serializers.CharField()
    parent_id = Id(allow_null=True)
    product_count = Whole(
        source="own_count", help_text="Its own active products, those of categories below left out."
    )
    is_active = serializers.BooleanField()


class AdminProductOut(ProductOut):
    name_he = serializers.CharField()
    name_en = serializers.CharField()
    description_he = serializers.CharField()
    description_en = serializers.CharField()
    size = Quantity()
    size_unit = serializers.ChoiceField(choices=SizeUnit.values)
    vat_class = serializers.CharField()
    bin = serializers.CharField(help_text="Its place on the shelves.")
    in_stock_for_branch = None
    available_quantity = None

    def to_representation(self, product: Any) -> dict[str, Any]:
        return {
            **plain_product(Described.of(product), self.context.get("request")),
            "name_he": product.name_he,
            "name_en": product.name_en,
            "description_he": product.description_he,
            "description_en": product.description_en,
            "size": number(product.size),
            "size_unit": product.size_unit,
            "vat_class": product.vat_class_id,
            "bin": product.bin,
        }


class FeaturedQuery(BranchQuery):
    limit = Whole(required=False, default=12, min_value=1)

    def validate_limit(self, value: int) -> int:
        return min(value, 50)
