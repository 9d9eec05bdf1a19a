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
from catalog.querysets import ProductQuerySet
from mami import clock

# A scalar subquery, because an EXISTS is planned as a hash of all stock for a few products.
IN_STOCK_ANYWHERE = """
COALESCE((SELECT true FROM inventory_stock s JOIN branches_branch b ON b.id = s.branch_id
          WHERE s.product_id = p.id AND s.on_hand > s.reserved AND b.is_active LIMIT 1), false)
"""
AVAILABLE = """
COALESCE((SELECT GREATEST(s.on_hand - s.reserved, 0.000) FROM inventory_stock s
          WHERE s.product_id = p.id AND s.branch_id = %s), 0.000)
"""
ROWS = """
SELECT p.id, p.sku, p.barcode, p.name_{lang}, p.description_{lang}, m.name_{lang}, p.category_id,
       c.name_{lang}, p.price, p.old_price, p.sold_by, p.quantity_step, p.unit_price, p.size_unit,
       (SELECT r.rate FROM catalog_vatrate r
        WHERE r.vat_class_id = p.vat_class_id AND r.valid_from <= %s
        ORDER BY r.valid_from DESC LIMIT 1),
       p.dietary_tags, p.allergens, p.image, p.is_active, p.created_at, c.position, {stock},
       {available}
FROM {source} JOIN catalog_category c ON c.id = p.category_id
LEFT JOIN catalog_category d ON d.id = c.parent_id
LEFT JOIN catalog_brand m ON m.id = p.brand_id
WHERE p.is_active AND c.is_active AND (c.parent_id IS NULL OR d.is_active) {more}
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
    description: str
    brand: str | None
    category_id: int
    category_name: str
    price: Decimal
    old_price: Decimal | None
    sold_by: str
    quantity_step: Decimal
    unit_price: Decimal
    size_unit: str
    vat_rate: Decimal
    dietary_tags: list[str]
    allergens: list[str]
    image: str | None
    is_active: bool
    created_at: dt.datetime
    category_position: int
    in_stock_anywhere: bool
    available: Decimal | None = None

    @classmethod
    def of(cls, product: Any) -> Described:
        """The same of a model that carries `in_stock_anywhere` and `vat_rate`."""
        return cls(
            pk=product.pk,
            sku=product.sku,
            barcode=product.barcode,
            name=product.name,
            description=product.description,
            brand=product.brand.name if product.brand else None,
            category_id=product.category_id,
            category_name=product.category.name,
            price=product.price,
            old_price=product.old_price,
            sold_by=product.sold_by,
            quantity_step=product.quantity_step,
            unit_price=product.unit_price,
            size_unit=product.size_unit,
            vat_rate=product.vat_rate,
            dietary_tags=product.dietary_tags,
            allergens=product.allergens,
            image=product.image.name or None,
            is_active=product.is_active,
            created_at=product.created_at,
            category_position=product.category.position,
            in_stock_anywhere=product.in_stock_anywhere,
        )

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
    there = branch_id is not None
    sql = ROWS.format(
        lang="en" if get_language() == "en" else "he",
        stock=IN_STOCK_ANYWHERE,
        available=AVAILABLE if there else "NULL",
        source=source,
        more=more,
    )
    today: dt.date = clock.shop_date(clock.now())
    with connection.cursor() as cursor:
        cursor.execute(sql, [today, *([branch_id] if there else []), *params, *last])
        return [Described._make(row) for row in cursor.fetchall()]
