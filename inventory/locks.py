"""THE locks of stock. The order of all locks: docs/locking.md."""

from __future__ import annotations

from collections.abc import Iterable

from core.errors import NotFound
from core.transactions import require_transaction
from inventory.models import Stock, StockImport

# Columns by name here and wherever SQL is written by hand: a prepared `SELECT *` fails from the moment
# a migration adds a column until its connection ends.
_LOCK = f"""
SELECT {", ".join(field.attname for field in Stock._meta.concrete_fields)}
FROM inventory_stock WHERE branch_id = %s AND product_id = ANY(%s)
ORDER BY product_id FOR UPDATE
"""  # noqa: S608 - names of columns


def lock_stocks(*, branch_id: int, product_ids: Iterable[int]) -> dict[int, Stock]:
    """The stock rows of some products at one branch by product id, locked in one statement.

    Rows are locked in the order of their product, whatever order the caller named them in: two
    checkouts that want the same two products can wait for each other, never in a circle. A product
    without a row at the branch is left out.
    """
    require_transaction()
    rows = Stock.objects.raw(_LOCK, [branch_id, list(product_ids)])
    return {stock.product_id: stock for stock in rows}


def lock_stock(*, stock_id: int) -> Stock:
    """One stock row by its key, locked, with its product (not locked). Raises NotFound."""
    found = (
        Stock.objects.select_for_update(of=("self",))
        .select_related("product")
        .filter(pk=stock_id)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def lock_rows(*, stock_ids: Iterable[int]) -> dict[int, Stock]:
    """Stock rows of any branches by key, locked in one statement by branch, then product.

    Without their products. Unknown keys are left out.
    """
    rows = (
        Stock.objects.select_for_update()
        .filter(pk__in=set(stock_ids))
        .order_by("branch_id", "product_id")
    )
    return {stock.pk: stock for stock in rows}


def lock_import(*, import_id: int) -> StockImport:
    """An uploaded file, locked, without its content. Raises NotFound."""
    found = StockImport.objects.select_for_update().defer("content").filter(pk=import_id).first()
    if found is None:
        raise NotFound
    return found
