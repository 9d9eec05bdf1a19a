"""Products, stock and people for the basket's tests, as small as they can be."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

from django.apps import apps

from accounts.models import User
from branches.models import Branch
from catalog.models import Brand, Category, Product

_number = itertools.count(1)


def customer(**values: Any) -> User:
    n = next(_number)
    fields: dict[str, Any] = {
        "email": f"shopper{n}@mami.test",
        "full_name": f"Shopper {n}",
        "language": "en",
        **values,
    }
    return User.objects.create(**fields)


def warehouse() -> Branch:
    """The branch deliveries leave from, made once."""
    return Branch.objects.get_or_create(
        code="warehouse",
        defaults={
            "name_he": "המחסן",
            "name_en": "The Warehouse",
            "address_he": "רחוב 1",
            "address_en": "1 Street",
            "city_he": "חיפה",
            "city_en": "Haifa",
            "is_delivery_source": True,
        },
    )[0]


def product(*, stock: Decimal | int | None = 100, **values: Any) -> Product:
    """A product with `stock` at the warehouse (None: no row at all)."""
    n = next(_number)
    department = Category.objects.get_or_create(
        slug="dairy", defaults={"name_he": "חלב", "name_en": "Dairy", "aisle": "dairy"}
    )[0]
    brand = Brand.objects.get_or_create(
        slug="kad-vakaf", defaults={"name_he": "כד וכף", "name_en": "Kad VaKaf", "label": 2}
    )[0]
    fields: dict[str, Any] = {
        "name_he": f"מוצר {n}",
        "name_en": f"Product {n}",
        "sku": f"T-{n}",
        "category": department,
        "brand": brand,
        "price": Decimal("10.00"),
        "icon": "milk",
        **values,
    }
    made = Product.objects.create(**fields)
    if stock is not None:
        put_stock(made, warehouse(), stock)
    return made


def put_stock(product: Product, branch: Branch, on_hand: Decimal | int) -> None:
    """Rows of another app's protected model, straight into the table: tests only."""
    apps.get_model("inventory", "Stock").objects.update_or_create(
        product=product, branch=branch, defaults={"on_hand": on_hand, "reserved": 0}
    )


def weighed(**values: Any) -> Product:
    """Tomatoes: by weight, in steps of half a kilogram, ₪8.90 a kg."""
    return product(
        **{
            "sold_by": "WEIGHT",
            "quantity_step": Decimal("0.5"),
            "size_unit": "KG",
            "price": Decimal("8.90"),
            **values,
        }
    )
