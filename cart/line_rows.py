"""The lines of a basket with their products, read by one statement that is written once.

Every page and every change of a basket asks it: building it anew each time would cost more than
answering it.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Model

from catalog.models import Brand, Category, Product


def _columns(model: type[Model], *, but: Iterable[str] = ()) -> list[str]:
    return [f.attname for f in model._meta.concrete_fields if f.attname not in but]


_PRODUCT = _columns(Product, but=("search_vector", "description_he", "description_en"))
_CATEGORY, _BRAND = _columns(Category), _columns(Brand)
LINES = f"""
SELECT i.id, i.quantity, i.price_when_added, i.substitution,
       coalesce((SELECT greatest(s.on_hand - s.reserved, 0) FROM inventory_stock s
                 JOIN branches_branch b ON b.id = s.branch_id
                 WHERE s.product_id = p.id AND b.is_delivery_source), 0),
       {", ".join(f"p.{name}" for name in _PRODUCT)},
       {", ".join(f"c.{name}" for name in _CATEGORY)}, {", ".join(f"m.{name}" for name in _BRAND)}
  FROM cart_cartitem i JOIN catalog_product p ON p.id = i.product_id
  JOIN catalog_category c ON c.id = p.category_id LEFT JOIN catalog_brand m ON m.id = p.brand_id
 WHERE i.cart_id = %s ORDER BY i.id
"""  # noqa: S608 - names of columns


class LineRow(NamedTuple):
    """`available` is what the branch all deliveries leave from can still promise, never below 0."""

    id: int
    quantity: Decimal
    price_when_added: Decimal
    substitution: str
    available: Decimal
    product: Product


def line_rows(*, cart_id: int) -> list[LineRow]:
    """The lines in the order they were added; products with category and brand. One query."""
    with connection.cursor() as cursor:
        cursor.execute(LINES, [cart_id])
        rows = cursor.fetchall()
    return [LineRow._make([*row[:5], _product(row[5:])]) for row in rows]


def _product(columns: tuple[Any, ...]) -> Product:
    begin, end = len(_PRODUCT), len(_PRODUCT) + len(_CATEGORY)
    product = Product.from_db(connection.alias, _PRODUCT, columns[:begin])
    product.category = Category.from_db(connection.alias, _CATEGORY, columns[begin:end])
    if product.brand_id is not None:
        product.brand = Brand.from_db(connection.alias, _BRAND, columns[end:])
    return product
