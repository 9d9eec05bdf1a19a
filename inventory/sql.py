"""How much of a product is free, as pieces of SQL for the statements of other apps."""

from __future__ import annotations


def available_at(*, product: str, branch: str) -> str:
    """What a branch can still promise of a product (units or kg, never below 0), as a subquery.

    Both are SQL: a column, or a placeholder.
    """
    return (
        "coalesce((SELECT greatest(s.on_hand - s.reserved, 0.000) FROM inventory_stock s"  # noqa: S608
        f" WHERE s.product_id = {product} AND s.branch_id = {branch}), 0.000)"
    )


def available_for_delivery(*, product: str) -> str:
    """`available_at` for the branch that deliveries leave from."""
    return available_at(
        product=product, branch="(SELECT b.id FROM branches_branch b WHERE b.is_delivery_source)"
    )


def in_stock_anywhere(*, product: str, step: str) -> str:
    """Whether any active branch can promise at least `step` of a product.

    A scalar subquery, because an EXISTS is planned as a hash of all stock for a few products.
    """
    return (
        "coalesce((SELECT true FROM inventory_stock s JOIN branches_branch b ON b.id = s.branch_id"  # noqa: S608
        f" WHERE s.product_id = {product} AND s.on_hand - s.reserved >= {step} AND b.is_active LIMIT 1), false)"
    )


NEGATIVE_AVAILABLE = "SELECT count(*) FROM inventory_stock WHERE on_hand < reserved"
"""How many stock rows promise more than is there."""


def branches_with(*, product: str, step: str) -> str:
    """The branches that can promise at least `step` of a product, as a subquery of one array."""
    return (
        "coalesce((SELECT array_agg(s.branch_id ORDER BY s.branch_id) FROM inventory_stock s"  # noqa: S608
        f" WHERE s.product_id = {product} AND s.on_hand - s.reserved >= {step}), '{{}}')"
    )


CROSSED = "INSERT INTO inventory_stockcrossing (product_id, branch_id)"
"""Have the stock of products looked at again once the transaction has committed; rows follow."""
