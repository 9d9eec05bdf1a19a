"""Categories and products as the JSON API tells them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.files.storage import default_storage
from rest_framework import serializers

from catalog.described import Described
from catalog.facets import Facet, Facets
from catalog.models import Allergen, DietaryTag, Product, SizeUnit, SoldBy
from catalog.selectors import SORTS
from mami.api.fields import Id, Instant, Money, Quantity, Text, money, number
from mami.api.queries import CursorPaging, Paging, Query

PER = ["100G", "100ML", "KG", "L", "PIECE"]


class CategoryOut(serializers.Serializer[Any]):
    id = Id()
    name = serializers.CharField()
    parent_id = Id(allow_null=True)
    product_count = serializers.IntegerField(help_text="Active products of the whole subtree.")
    is_active = serializers.BooleanField()


class UnitPriceOut(serializers.Serializer[Any]):
    amount = Money()
    per = serializers.ChoiceField(choices=PER)


class ProductOut(serializers.Serializer[Any]):
    """Written by hand: the fields below describe it, a serializer would cost many times as much."""

    id = Id()
    sku = serializers.CharField()
    barcode = serializers.CharField(allow_null=True)
    name = serializers.CharField()
    description = serializers.CharField()
    brand = serializers.CharField(allow_null=True)
    category_id = Id()
    category_name = serializers.CharField()
    price = Money(help_text="₪ including VAT, for a unit or a kg.")
    old_price = Money(allow_null=True)
    sold_by = serializers.ChoiceField(choices=SoldBy.values)
    quantity_step = Quantity(help_text="Units, or kg.")
    unit_price = UnitPriceOut()
    vat_rate = serializers.CharField(help_text="Percent, e.g. 18.00.")
    dietary_tags = serializers.ListField(child=serializers.ChoiceField(choices=DietaryTag.values))
    allergens = serializers.ListField(child=serializers.ChoiceField(choices=Allergen.values))
    image_url = serializers.CharField(allow_null=True)
    is_active = serializers.BooleanField()
    in_stock_anywhere = serializers.BooleanField()
    in_stock_for_branch = serializers.BooleanField(
        allow_null=True, help_text="At the branch asked for; null without one."
    )
    available_quantity = Quantity(allow_null=True, help_text="There; null without a branch.")

    def to_representation(self, product: Any) -> dict[str, Any]:
        available = product.available
        shown = plain_product(product, self.context.get("request"))
        shown["in_stock_for_branch"] = (
            None if available is None else available >= product.quantity_step
        )
        shown["available_quantity"] = number(available)
        return shown


def plain_product(product: Described, request: Any) -> dict[str, Any]:
    """What does not depend on a branch."""
    return {
        "id": product.pk,
        "sku": product.sku,
        "barcode": product.barcode,
        "name": product.name,
        "description": product.description,
        "brand": product.brand,
        "category_id": product.category_id,
        "category_name": product.category_name,
        "price": money(product.price),
        "old_price": money(product.old_price),
        "sold_by": product.sold_by,
        "quantity_step": number(product.quantity_step),
        "unit_price": {"amount": money(product.unit_price), "per": product.unit_price_per},
        "vat_rate": str(product.vat_rate),
        "dietary_tags": product.dietary_tags,
        "allergens": product.allergens,
        "image_url": media_url(product.image, request),
        "is_active": product.is_active,
        "in_stock_anywhere": product.in_stock_anywhere,
    }


def image_url(product: Product, request: Any) -> str | None:
    """The whole address of its photograph, None where there is none."""
    return media_url(product.image.name, request)


def media_url(name: str | None, request: Any) -> str | None:
    """The whole address of a stored file, None where there is none."""
    if not name:
        return None
    url: str = default_storage.url(name)
    return request.build_absolute_uri(url) if request else url


class AutocompleteOut(serializers.Serializer[Any]):
    id = Id()
    name = serializers.CharField()
    category_name = serializers.CharField()
    image_url = serializers.CharField(allow_null=True)

    def to_representation(self, product: Product) -> dict[str, Any]:
        return {
            "id": product.pk,
            "name": product.name,
            "category_name": product.category.name,
            "image_url": image_url(product, self.context.get("request")),
        }


class CategoryFacetOut(serializers.Serializer[Any]):
    value = Id(help_text="For `categoryId`.")
    label = serializers.CharField()
    count = serializers.IntegerField()


class FacetOut(serializers.Serializer[Any]):
    value = serializers.CharField(help_text="For `brand` or `tag`.")
    label = serializers.CharField()
    count = serializers.IntegerField()


class PriceRangeOut(serializers.Serializer[Any]):
    min = Money(allow_null=True)
    max = Money(allow_null=True)


class FacetsOut(serializers.Serializer[Any]):
    """How many products each further filter would leave."""

    categories = CategoryFacetOut(many=True)
    brands = FacetOut(many=True)
    dietary_tags = FacetOut(many=True)
    price = PriceRangeOut()

    def to_representation(self, facets: Facets) -> dict[str, Any]:
        return {
            "categories": [_facet(f, f.pk) for f in facets.categories],
            "brands": [_facet(f, f.value) for f in facets.brands],
            "dietary_tags": [_facet(f, f.value) for f in facets.dietary_tags],
            "price": {"min": money(facets.price_min), "max": money(facets.price_max)},
        }


def _facet(facet: Facet, value: Any) -> dict[str, Any]:
    return {"value": value, "label": facet.label, "count": facet.count}


class BranchQuery(Query):
    branchId = Id(required=False, source="branch_id")  # noqa: N815


class ShelfQuery(CursorPaging):
    branchId = Id(required=False, source="branch_id")  # noqa: N815
    sort = serializers.ChoiceField(choices=SORTS, required=False)


class SearchQuery(ShelfQuery):
    q = Text(
        required=False, allow_blank=True, max_length=200,
        help_text="Name, brand, sku or barcode, in Hebrew or English; absent: everything.",
    )  # fmt: skip
    categoryId = Id(required=False, source="category_id")  # noqa: N815
    brand = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, source="brands", max_length=20,
        help_text="Repeat it to widen.",
    )  # fmt: skip
    tag = serializers.ListField(
        child=serializers.CharField(max_length=20), required=False, source="tags", max_length=20,
        help_text="Repeat it to narrow.",
    )  # fmt: skip
    minPrice = Money(required=False, source="min_price")  # noqa: N815
    maxPrice = Money(required=False, source="max_price")  # noqa: N815
    inStock = serializers.BooleanField(required=False, source="in_stock")  # noqa: N815
    onSale = serializers.BooleanField(required=False, source="on_sale")  # noqa: N815


class AutocompleteQuery(Query):
    q = Text(required=False, default="", allow_blank=True, max_length=200)
    limit = serializers.IntegerField(
        required=False, default=10, min_value=1, help_text="At most 20; more means 20."
    )

    def validate_limit(self, value: int) -> int:
        return min(value, 20)


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
    barcode = serializers.RegexField(r"^\d{8,14}$", required=False, allow_null=True)
    brand = Text(max_length=120, required=False, allow_null=True, help_text="Its name.")
    description_he = Text(lines=True, max_length=4000, required=False, allow_blank=True)
    description_en = Text(lines=True, max_length=4000, required=False, allow_blank=True)
    sold_by = serializers.ChoiceField(choices=SoldBy.values, required=False)
    quantity_step = Quantity(max_digits=8, required=False)
    size = Quantity(max_digits=10, required=False)
    size_unit = serializers.ChoiceField(choices=SizeUnit.values, required=False)
    vat_class = serializers.ChoiceField(choices=["STANDARD", "ZERO"], required=False)
    dietary_tags = serializers.ListField(
        child=serializers.ChoiceField(choices=DietaryTag.values), required=False
    )
    allergens = serializers.ListField(
        child=serializers.ChoiceField(choices=Allergen.values), required=False
    )
    old_price = Money(required=False, allow_null=True)
    bin = Text(max_length=20, required=False, allow_blank=True)
    is_active = serializers.BooleanField(required=False)


class AdminListQuery(Paging):
    pass


class AdminProductsQuery(CursorPaging):
    q = Text(required=False, allow_blank=True, max_length=200, help_text="Name, sku or barcode.")
    categoryId = Id(required=False, source="category_id")  # noqa: N815
    isActive = serializers.BooleanField(required=False, source="is_active")  # noqa: N815


class AdminCategoryOut(serializers.Serializer[Any]):
    id = Id()
    name = serializers.CharField()
    name_he = serializers.CharField()
    name_en = serializers.CharField()
    parent_id = Id(allow_null=True)
    product_count = serializers.IntegerField(
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
    limit = serializers.IntegerField(required=False, default=12, min_value=1)

    def validate_limit(self, value: int) -> int:
        return min(value, 50)


class WishIn(serializers.Serializer[Any]):
    product_id = Id()


class WishOut(serializers.Serializer[Any]):
    product_id = Id()
    created_at = Instant()


class WishlistOut(serializers.Serializer[Any]):
    items = WishOut(many=True)
