"""What pages and services ask about stock. Nothing here locks: for a decision use `locks`."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db.models import QuerySet

from inventory.models import Stock, StockMovement
from mami.errors import NotFound

NOTHING = Decimal(0)


def availability(*, branch_id: int, product_ids: Iterable[int]) -> dict[int, Decimal]:
    """What each product has free at a branch (units or kg, never below 0). One query."""
    wanted = set(product_ids)
    rows = Stock.objects.filter(branch_id=branch_id, product_id__in=wanted).values_list(
        "product_id", "on_hand", "reserved"
    )
    found = {key: max(on_hand - reserved, NOTHING) for key, on_hand, reserved in rows}
    return {key: found.get(key, NOTHING) for key in wanted}


def available_anywhere(*, product_ids: Iterable[int]) -> set[int]:
    """The products of which some active branch has something free. One query."""
    return set(
        Stock.objects.filter(product_id__in=set(product_ids), branch__is_active=True)
        .available()
        .values_list("product_id", flat=True)
    )


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


def shortages(*, branch_id: int | None = None) -> QuerySet[Stock]:
    """Rows with more promised than there is, the worst first."""
    rows = Stock.objects.short().select_related("product", "branch").order_by("on_hand", "pk")
    return rows if branch_id is None else rows.filter(branch_id=branch_id)


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


def movements_of(*, stock_id: int, limit: int = 100) -> list[StockMovement]:
    """The latest movements of a row, newest first. One query."""
    rows = StockMovement.objects.filter(stock_id=stock_id).select_related("actor")
    return list(rows.order_by("-id")[:limit])


def on_hand_of(*, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Decimal]:
    """What stands on the shelf for each (branch, product) that has a row. One query."""
    wanted = set(pairs)
    rows = Stock.objects.filter(
        branch_id__in={branch for branch, _ in wanted},
        product_id__in={product for _, product in wanted},
    ).values_list("branch_id", "product_id", "on_hand")
    return {(b, p): on_hand for b, p, on_hand in rows if (b, p) in wanted}
