"""Products and stock for the basket's tests, as small as they can be."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.apps import apps

from branches.models import Branch
from cart.selectors import CartView
from catalog.models import Brand, Category, Product
from catalog.tests import factories


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
    department = Category.objects.get_or_create(
        slug="dairy", defaults={"name_he": "חלב", "name_en": "Dairy", "aisle": "dairy"}
    )[0]
    brand = Brand.objects.get_or_create(
        slug="kad-vakaf", defaults={"name_he": "כד וכף", "name_en": "Kad VaKaf", "label": 2}
    )[0]
    made = factories.product(**{"category": department, "brand": brand, "icon": "milk", **values})
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
    return product(**{**factories.WEIGHED, **values})


def quantities(view: CartView) -> dict[int, Decimal]:
    """What lies in a basket, by product id."""
    return {line.product_id: line.quantity for line in view.items}
