"""What pages and services ask about stock. Nothing here locks: for a decision use `locks`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Upper
from django.utils.translation import get_language

from branches.models import Branch
from core.errors import NotFound
from core.gtin import coded
from inventory.models import Stock, StockImport, StockMovement

NOTHING = Decimal(0)
SALES_DAYS = 14
MOST_LOW = 1000


def availability(*, branch_id: int, product_ids: Iterable[int]) -> dict[int, Decimal]:
    """What each product has free at a branch (units or kg, never below 0). One query."""
    wanted = set(product_ids)
    rows = Stock.objects.filter(branch_id=branch_id, product_id__in=wanted).values_list(
        "product_id", "on_hand", "reserved"
    )
    found = {key: max(on_hand - reserved, NOTHING) for key, on_hand, reserved in rows}
    return {key: found.get(key, NOTHING) for key in wanted}


def inventory_rows(
    *,
    branch_id: int | None = None,
    product_id: int | None = None,
    q: str = "",
    low: bool = False,
) -> QuerySet[Stock]:
    """Stock rows with product and branch, by branch and product, for the staff's list."""
    rows = Stock.objects.select_related("product", "branch").order_by("branch_id", "product_id")
    if branch_id is not None:
        rows = rows.filter(branch_id=branch_id)
    if product_id is not None:
        rows = rows.filter(product_id=product_id)
    if text := q.strip():
        rows = rows.matching(text)
    return rows.low() if low else rows


def stock_row(*, stock_id: int) -> Stock:
    """One row with product and branch. Raises NotFound. One query."""
    found = Stock.objects.select_related("product", "branch").filter(pk=stock_id).first()
    if found is None:
        raise NotFound
    return found


def stock_at(*, branch_id: int, product_id: int) -> Stock:
    """One row by branch and product. Raises NotFound. One query."""
    found = (
        Stock.objects.select_related("product", "branch")
        .filter(branch_id=branch_id, product_id=product_id)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def on_hand_of(*, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Decimal]:
    """What stands on the shelf for each (branch, product) that has a row. One query."""
    wanted = set(pairs)
    rows = Stock.objects.filter(
        branch_id__in={branch for branch, _ in wanted},
        product_id__in={product for _, product in wanted},
    ).values_list("branch_id", "product_id", "on_hand")
    return {(b, p): on_hand for b, p, on_hand in rows if (b, p) in wanted}


def branch_codes() -> dict[str, int]:
    """Every branch, closed ones too, by its code in lower case. One query."""
    return {code.lower(): key for code, key in Branch.objects.values_list("code", "pk")}


class StockForCount(NamedTuple):
    """What judging a count needs to know of a stock row; tuples, because files are long."""

    sku: str
    branch_id: int
    pk: int
    product_id: int
    sold_by: str
    on_hand: Decimal


def shelves_by_sku(
    *, skus: Collection[str], branch_ids: Collection[int]
) -> dict[tuple[str, int], StockForCount]:
    """The stock rows of some products at some branches, by sku in capitals and branch. One query."""
    rows = (
        Stock.objects.annotate(named=Upper("product__sku"))
        .filter(named__in={sku.upper() for sku in skus}, branch_id__in=branch_ids)
        .values_list("product__sku", "branch_id", "pk", "product_id", "product__sold_by", "on_hand")
    )
    return {(row[0].upper(), row[1]): StockForCount(*row) for row in rows}


def listed_stock(*, branch_id: int | None, level: str, q: str) -> QuerySet[Stock, Any]:
    """The rows of the office's list in the order of their keys, each as plain values by their names with
    `sku`, `barcode` and `name` of the product and the `code` of the branch: a file has very many.
    """
    rows: Any = inventory_rows(branch_id=branch_id, q=q)
    name = "name_en" if get_language() == "en" else "name_he"
    found: QuerySet[Stock, Any] = (
        rows.at_level(level)
        .order_by("pk")
        .annotate(
            **{one: F(f"product__{one}") for one in ("sku", "barcode")},
            name=F(f"product__{name}"),
            code=F("branch__code"),
        )
        .values_list(
            *("pk", "sku", "barcode", "name", "code", "on_hand", "reserved", "reorder_point"),
            named=True,
        )
    )
    return found


def import_content(*, import_id: int) -> bytes:
    """What an uploaded file holds. One query."""
    return bytes(StockImport.objects.values_list("content", flat=True).get(pk=import_id))


def import_of(*, import_id: int) -> StockImport:
    """An uploaded file without its content. Raises NotFound. One query."""
    found = StockImport.objects.select_related("actor", "branch").defer("content")
    file = found.filter(pk=import_id).first()
    if file is None:
        raise NotFound
    return file


def latest_imports(*, limit: int = 10) -> list[StockImport]:
    """The files uploaded last. One query."""
    return list(StockImport.objects.select_related("actor").defer("content")[:limit])


@dataclass(frozen=True, kw_only=True)
class LowRow:
    """A shelf to fill: what was sold of it lately, and for how many days the rest lasts."""

    stock: Stock
    sold: Decimal

    @property
    def free(self) -> Decimal:
        """Below zero where more is promised than there is."""
        return self.stock.on_hand - self.stock.reserved

    @property
    def days_left(self) -> Decimal | None:
        """None where nothing was sold."""
        if self.sold <= 0:
            return None
        return max(self.free, NOTHING) * SALES_DAYS / self.sold


def low_rows(*, branch_id: int | None, now: dt.datetime) -> list[LowRow]:
    """Rows that are low, of products on sale, the soonest empty first. Two queries."""
    rows = Stock.objects.low().select_related("product", "branch")
    rows = rows.filter(product__is_active=True, branch__is_active=True)
    if branch_id is not None:
        rows = rows.filter(branch_id=branch_id)
    found = list(rows.order_by("branch_id", "product_id")[:MOST_LOW])
    sold = dict(
        StockMovement.objects.filter(
            stock__in=[stock.pk for stock in found],
            reason__in=(StockMovement.Reason.PICK, StockMovement.Reason.UNPICK),
            created_at__gte=now - dt.timedelta(days=SALES_DAYS),
        )
        .order_by()
        .values_list("stock_id")
        .annotate(n=-Sum("on_hand_delta"))
    )
    told = [LowRow(stock=stock, sold=max(sold.get(stock.pk, NOTHING), NOTHING)) for stock in found]
    return sorted(told, key=lambda row: (row.days_left is None, row.days_left or row.free))


def low_count() -> int:
    """How many shelves are low, of products on sale, up to MOST_LOW. One query."""
    rows = Stock.objects.low().filter(product__is_active=True, branch__is_active=True)
    return rows.order_by()[:MOST_LOW].count()


def stock_by_code(*, code: str, branch_id: int) -> int | None:
    """The stock row of the product with this sku or barcode at a branch, or None. One query."""
    found = Stock.objects.filter(coded(code, product="product__"), branch_id=branch_id)
    return found.values_list("pk", flat=True).first()
