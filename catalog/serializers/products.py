"""Categories and products as the JSON API tells them."""

from __future__ import annotations

from typing import Any

from django.core.files.storage import default_storage
from rest_framework import serializers

from api.fields import Id, Money, Quantity, Whole, money, number
from catalog.choices import Allergen, DietaryTag, Passover, SoldBy
from catalog.models import Product
from catalog.product_rows import Described
from core.pictures import version

PER = ["100G", "100ML", "KG", "L", "PIECE"]

SHOWN_WIDTH = 640


class CategoryOut(serializers.Serializer[Any]):
    id = Id()
    name = serializers.CharField()
    parent_id = Id(allow_null=True)
    product_count = Whole(help_text="Active products of the whole subtree.")
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
    deposit = Money(help_text="For each unit, beside the price.")
    sold_by = serializers.ChoiceField(choices=SoldBy.values)
    quantity_step = Quantity(help_text="Units, or kg.")
    unit_price = UnitPriceOut()
    vat_rate = serializers.CharField(help_text="Percent, e.g. 18.00.")
    dietary_tags = serializers.ListField(child=serializers.ChoiceField(choices=DietaryTag.values))
    allergens = serializers.ListField(child=serializers.ChoiceField(choices=Allergen.values))
    passover = serializers.ChoiceField(
        choices=Passover.values, allow_null=True, help_text="NOT is chametz; null: not known."
    )
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
        "deposit": money(product.deposit),
        "sold_by": product.sold_by,
        "quantity_step": number(product.quantity_step),
        "unit_price": {"amount": money(product.unit_price), "per": product.unit_price_per},
        "vat_rate": str(product.vat_rate),
        "dietary_tags": product.dietary_tags,
        "allergens": product.allergens,
        "passover": product.passover,
        "image_url": media_url(product.image, request),
        "is_active": product.is_active,
        "in_stock_anywhere": product.in_stock_anywhere,
    }


def image_url(product: Product, request: Any) -> str | None:
    """The whole address of its photograph, None where there is none."""
    return media_url(product.image.name, request)


def media_url(name: str | None, request: Any) -> str | None:
    """The whole address of a photograph, 640 pixels wide; None where there is none."""
    if not name:
        return None
    url: str = default_storage.url(version(name, SHOWN_WIDTH))
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
