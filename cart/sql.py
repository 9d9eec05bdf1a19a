"""The basket in SQL: its lines with their products, what can be bought, and the line that grows by it.

Every page and every change of a basket asks them: building them anew each time would cost more than
answering them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Model

from branches.calendar.passover import is_on
from branches.sql import PASSOVER_MODE
from cart.errors import InvalidQuantity
from cart.models import Cart
from cart.quantities import MAX_QUANTITY
from catalog.models import Brand, Category, Product
from catalog.passover import is_chametz
from core import clock
from core.errors import NotFound
from core.transactions import require_transaction
from inventory.sql import available_for_delivery, in_stock_anywhere


def _columns(model: type[Model], *, but: Iterable[str] = ()) -> list[str]:
    return [f.attname for f in model._meta.concrete_fields if f.attname not in but]


_PRODUCT = _columns(Product, but=("description_he", "description_en"))
_CATEGORY, _BRAND = _columns(Category), _columns(Brand)
LINES = f"""
SELECT i.id, i.quantity, i.price_when_added, i.substitution, i.note, {PASSOVER_MODE},
       {available_for_delivery(product="p.id")},
       {", ".join(f"p.{name}" for name in _PRODUCT)},
       {", ".join(f"c.{name}" for name in _CATEGORY)}, {", ".join(f"m.{name}" for name in _BRAND)}
  FROM cart_cartitem i JOIN catalog_product p ON p.id = i.product_id
  JOIN catalog_category c ON c.id = p.category_id LEFT JOIN catalog_brand m ON m.id = p.brand_id
 WHERE i.cart_id = %s ORDER BY i.id
"""  # noqa: S608 - names of columns

BUYABLE = f"""
SELECT p.quantity_step, p.price, p.is_active AND c.is_open, p.passover, {PASSOVER_MODE},
       {in_stock_anywhere(product="p.id", step="p.quantity_step")}, {available_for_delivery(product="p.id")}
FROM catalog_product p JOIN catalog_category c ON c.id = p.category_id WHERE p.id = %s
"""  # noqa: S608
# The basket is locked: the amount before is what the line grows from.
GROW = """
INSERT INTO cart_cartitem AS line
       (cart_id, product_id, quantity, price_when_added, substitution, created_at)
SELECT %(cart)s, %(product)s, least(%(more)s::numeric, %(most)s), %(price)s, %(substitution)s, now()
 WHERE %(more)s <= %(limit)s
ON CONFLICT (cart_id, product_id) DO UPDATE
   SET quantity = least(line.quantity + %(more)s, %(most)s)
 WHERE line.quantity + %(more)s <= %(limit)s
RETURNING coalesce((SELECT quantity FROM cart_cartitem
                    WHERE cart_id = %(cart)s AND product_id = %(product)s), 0), quantity
"""


class LineRow(NamedTuple):
    """`available` is what the branch all deliveries leave from can still promise, never below 0."""

    id: int
    quantity: Decimal
    price_when_added: Decimal
    substitution: str
    note: str
    passover_mode: str | None
    available: Decimal
    product: Product


def line_rows(*, cart_id: int) -> list[LineRow]:
    """The lines in the order they were added; products with category and brand. One query."""
    with connection.cursor() as cursor:
        cursor.execute(LINES, [cart_id])
        rows = cursor.fetchall()
    return [LineRow._make([*row[:7], _product(row[7:])]) for row in rows]


def _product(columns: tuple[Any, ...]) -> Product:
    begin, end = len(_PRODUCT), len(_PRODUCT) + len(_CATEGORY)
    product = Product.from_db(connection.alias, _PRODUCT, columns[:begin])
    product.category = Category.from_db(connection.alias, _CATEGORY, columns[begin:end])
    if product.brand_id is not None:
        product.brand = Brand.from_db(connection.alias, _BRAND, columns[end:])
    return product


@dataclass(frozen=True, kw_only=True)
class BuyableProduct:
    """A product as it can be bought now. `available` (units or kg) is what deliveries can promise,
    `is_anywhere` whether any branch has some; `price` in ₪.
    """

    product_id: int
    step: Decimal
    price: Decimal
    is_sold: bool
    is_anywhere: bool
    available: Decimal


def buyable_product(*, product_id: int) -> BuyableProduct:
    """One query. Raises NotFound."""
    with connection.cursor() as cursor:
        cursor.execute(BUYABLE, [product_id])
        row = cursor.fetchone()
    if row is None:
        raise NotFound
    step, price, is_sold, passover, mode, is_anywhere, available = row
    is_sold = is_sold and not (is_chametz(passover) and is_on(mode=mode, begin=clock.now()))
    return BuyableProduct(
        product_id=product_id, step=step, price=price, is_sold=is_sold, is_anywhere=is_anywhere,
        available=available,
    )  # fmt: skip


def add_line(
    *, cart: Cart, offer: BuyableProduct, more: Decimal, most: Decimal
) -> tuple[Decimal, Decimal]:
    """Let a line of a locked basket grow by `more`, but not beyond `most`; before and after.

    One statement. Raises InvalidQuantity, with nothing changed, where it would pass 999.
    """
    require_transaction()
    wanted: dict[str, Any] = {
        "cart": cart.pk, "product": offer.product_id, "more": more, "most": most, "limit": MAX_QUANTITY,
        "price": offer.price, "substitution": cart.substitution,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(GROW, wanted)
        row = cursor.fetchone()
    if row is None:
        raise InvalidQuantity(step=offer.step)
    before, after = row
    return before, after
