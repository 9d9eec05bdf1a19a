"""Products as the JSON API tells them: plain rows of one statement, without the cost of models."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import get_language

from catalog.models import price_per
from catalog.passover import shown
from catalog.querysets import ProductQuerySet
from catalog.sql import vat_rate_on
from core import clock
from inventory.sql import available_at, in_stock_anywhere

# Where a field of `Described` comes from; what is not here is the product's own column.
COLUMNS = {
    "pk": "p.id",
    "name": "p.name_{lang}",
    "name_key": "p.key_{lang}",
    "description": "p.description_{lang}",
    "brand": "m.name_{lang}",
    "category_name": "c.name_{lang}",
    "vat_rate": vat_rate_on(vat_class="p.vat_class_id", day="%s"),
    "category_position": "c.position",
    "in_stock_anywhere": in_stock_anywhere(product="p.id", step="p.quantity_step"),
    "available": "{available}",
}
AVAILABLE = available_at(product="p.id", branch="%s")
ROWS = """
SELECT {columns}
FROM {source} JOIN catalog_category c ON c.id = p.category_id
LEFT JOIN catalog_brand m ON m.id = p.brand_id
WHERE p.is_active AND c.is_open AND {shown} {more}
"""
ONE = "catalog_product p"
PAGE = "({page}) AS g(id, place) JOIN catalog_product p USING (id)"
LISTED = "SELECT * FROM unnest(%s::bigint[]) WITH ORDINALITY"
NUMBERED = "SELECT id, row_number() OVER () FROM ({keys}) AS keys"


class Described(NamedTuple):
    """A product in the reader's language. `available` (units or kg) is that of the branch asked for,
    None without one; prices in ₪ with VAT, `vat_rate` in percent.
    """

    pk: int
    sku: str
    barcode: str | None
    name: str
    name_key: str
    description: str
    brand: str | None
    category_id: int
    category_name: str
    price: Decimal
    old_price: Decimal | None
    deposit: Decimal
    sold_by: str
    quantity_step: Decimal
    unit_price: Decimal
    size_unit: str
    vat_rate: Decimal
    dietary_tags: list[str]
    allergens: list[str]
    passover: str | None
    image: str | None
    is_active: bool
    created_at: dt.datetime
    category_position: int
    in_stock_anywhere: bool
    available: Decimal | None = None

    @classmethod
    def of(cls, product: Any) -> Described:
        """The same of a model that carries `in_stock_anywhere` and `vat_rate`."""
        told = {
            "brand": product.brand.name if product.brand else None,
            "category_name": product.category.name,
            "category_position": product.category.position,
            "name_key": product.key_en if get_language() == "en" else product.key_he,
            "image": product.image.name or None,
            "available": None,
        }
        own = {name: getattr(product, name) for name in cls._fields if name not in told}
        return cls(**own, **told)

    @property
    def unit_price_per(self) -> str:
        return price_per(self.size_unit)


def described(*, product_id: int, branch_id: int | None = None) -> Described | None:
    """A product that a shopper may see. One query."""
    found = _read(ONE, [], branch_id, "AND p.id = %s", [product_id])
    return found[0] if found else None


def described_in_order(
    page: Sequence[int] | ProductQuerySet, *, branch_id: int | None = None
) -> list[Described]:
    """Those of some products, given by their keys or as a query, that a shopper may see, in that
    order. One query.
    """
    if isinstance(page, QuerySet):
        keys, params = page.values("id").query.sql_with_params()
        source = NUMBERED.format(keys=keys)
    elif page:
        source, params = LISTED, (list(page),)
    else:
        return []
    return _read(PAGE.format(page=source), params, branch_id, "ORDER BY g.place", [])


def _read(
    source: str, params: Iterable[Any], branch_id: int | None, more: str, last: Iterable[Any]
) -> list[Described]:
    """The day comes first among the values, then the branch if there is one: the order of the fields."""
    there = branch_id is not None
    by_day = shown(passover="p.passover")
    sql = ROWS.format(columns=_COLUMNS, source=source, more=more, shown=by_day).format(
        lang="en" if get_language() == "en" else "he",
        available=AVAILABLE if there else "NULL",
    )
    today: dt.date = clock.shop_date(clock.now())
    with connection.cursor() as cursor:
        cursor.execute(sql, [today, *([branch_id] if there else []), *params, *last])
        return [Described._make(row) for row in cursor.fetchall()]


# Each column under the name of its field and in the order of the fields, so that a row is one.
_COLUMNS = ", ".join(f"{COLUMNS.get(name, f'p.{name}')} AS {name}" for name in Described._fields)
