"""Small pieces of a catalogue for tests."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

from branches.models import Branch
from catalog.models import Brand, Category, Product
from catalog.search_port import documents_changed
from inventory.seeding import OpeningCount, seed_stock

_number = itertools.count(1)
writes_documents = False
"""Whether products get what shelves count by; most tests look at no shelf. See the fixture `documents`."""
WEIGHED: dict[str, Any] = {
    "sold_by": "WEIGHT",
    "quantity_step": Decimal("0.5"),
    "size_unit": "KG",
    "price": Decimal("8.90"),
}
"""Goods of ₪8.90 a kg, in steps of half a kg."""


def category(**values: Any) -> Category:
    n = next(_number)
    fields: dict[str, Any] = {
        "name_he": f"מחלקה {n}",
        "name_en": f"Aisle {n}",
        "slug": f"aisle-{n}",
        "aisle": "dairy",
        "icon": "milk",
        "position": n,
        **values,
    }
    parent = fields.get("parent")
    is_open = fields.get("is_active", True) and (parent is None or parent.is_open)
    return Category.objects.create(**fields, is_open=is_open)


def brand(**values: Any) -> Brand:
    n = next(_number)
    fields: dict[str, Any] = {
        "name_he": f"מותג {n}",
        "name_en": f"Brand {n}",
        "slug": f"brand-{n}",
        **values,
    }
    return Brand.objects.create(**fields)


def product(*, stands_later: bool = False, **values: Any) -> Product:
    """A product of ₪10.00, without stock: the one maker, whatever shop it stands in."""
    n = next(_number)
    fields: dict[str, Any] = {
        "name_he": f"מוצר {n}",
        "name_en": f"Product {n}",
        "sku": f"C-{n}",
        "price": Decimal("10.00"),
        **values,
    }
    if "category" not in fields:
        fields["category"] = category()
    made = Product.objects.create(**fields)
    if writes_documents and not stands_later:
        documents_changed([made.pk])
    return made


def source() -> Branch:
    """The branch that deliveries leave from."""
    found = Branch.objects.filter(is_delivery_source=True).first()
    return found or Branch.objects.create(
        code="source",
        name_he="המחסן",
        name_en="The Warehouse",
        address_he="א",
        address_en="a",
        city_he="ב",
        city_en="b",
        is_delivery_source=True,
    )


def stocked(quantity: Decimal | int | str = 10, **values: Any) -> Product:
    """A product with stock at the delivery source."""
    made = product(stands_later=True, **values)
    stock(made, source(), quantity)
    if writes_documents:
        documents_changed([made.pk])
    return made


def stock(product: Product, branch: Branch, quantity: Decimal | int | str) -> None:
    count = OpeningCount(
        product_id=product.pk,
        branch_id=branch.pk,
        on_hand=Decimal(quantity),
        reorder_point=Decimal(0),
    )
    seed_stock(counts=[count])
