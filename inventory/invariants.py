"""What must be true of the shelves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from django.db import connection

from core.invariants import Finding, Rule
from inventory.models import Stock, StockMovement

_SUMS = """
SELECT s.id, s.product_id, s.branch_id, b.on_hand, b.reserved,
       coalesce(m.on_hand, 0), coalesce(m.reserved, 0)
FROM inventory_stock s
LEFT JOIN (
    SELECT stock_id, sum(on_hand_delta) AS on_hand, sum(reserved_delta) AS reserved
    FROM inventory_stockmovement WHERE created_at <= %(until)s GROUP BY stock_id
) m ON m.stock_id = s.id
JOIN LATERAL ({balance}) b ON true
WHERE b.on_hand <> coalesce(m.on_hand, 0) OR b.reserved <> coalesce(m.reserved, 0)
ORDER BY s.id
"""
_NOW = "SELECT s.on_hand, s.reserved"
_THEN = """
SELECT coalesce(max(l.on_hand_after), 0) AS on_hand, coalesce(max(l.reserved_after), 0) AS reserved
FROM (
    SELECT on_hand_after, reserved_after FROM inventory_stockmovement
    WHERE stock_id = s.id AND created_at <= %(until)s ORDER BY id DESC LIMIT 1
) l
"""
_CHAIN = """
SELECT id, stock_id FROM (
    SELECT id, stock_id, on_hand_after, reserved_after, on_hand_delta, reserved_delta,
           coalesce(lag(on_hand_after) OVER w, 0) AS on_hand_before,
           coalesce(lag(reserved_after) OVER w, 0) AS reserved_before
    FROM inventory_stockmovement WHERE created_at <= %(until)s
    WINDOW w AS (PARTITION BY stock_id ORDER BY id)
) m
WHERE on_hand_after <> on_hand_before + on_hand_delta
   OR reserved_after <> reserved_before + reserved_delta
ORDER BY id
"""
_SOLD = f"""
SELECT s.id, s.was_picked FROM inventory_stock s
WHERE s.was_picked <> EXISTS (
    SELECT FROM inventory_stockmovement m WHERE m.stock_id = s.id AND m.reason = '{StockMovement.Reason.PICK}'
) ORDER BY s.id
"""  # noqa: S608 - a constant of ours


def stock_equals_movements(as_of: dt.datetime | None) -> Iterator[Finding]:
    sql = _SUMS.format(balance=_NOW if as_of is None else _THEN)
    for key, product, branch, on_hand, reserved, sum_on_hand, sum_reserved in _rows(sql, as_of):
        yield Finding(
            what=f"stock {key} (product {product}, branch {branch}): the row says {on_hand} on the "
            f"shelf and {reserved} promised, its movements {sum_on_hand} and {sum_reserved}",
            repair=f"count the shelf, then set stock {key} to {sum_on_hand} on hand, "
            f"{sum_reserved} reserved",
        )


def movements_follow_each_other(as_of: dt.datetime | None) -> Iterator[Finding]:
    for key, stock in _rows(_CHAIN, as_of):
        yield Finding(
            what=f"movement {key} of stock {stock} does not begin where the one before ended",
            repair=f"look at the movements of stock {stock} around {key}",
        )


def sold_before_is_what_was_picked(as_of: dt.datetime | None) -> Iterator[Finding]:
    for key, was_picked in _rows(_SOLD, as_of):
        yield Finding(
            what=f"stock {key}: the row says it was {'' if was_picked else 'never '}sold, its movements "
            "say otherwise",
            repair=f"set was_picked of stock {key} to {not was_picked}",
        )


def promised() -> dict[tuple[int, int], Decimal]:
    """Everything promised, by (branch, product); rows without a promise are left out."""
    rows = Stock.objects.exclude(reserved=0).values_list("branch_id", "product_id", "reserved")
    return {(branch, product): reserved for branch, product, reserved in rows}


def _rows(sql: str, as_of: dt.datetime | None) -> list[tuple[int, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"until": as_of or dt.datetime.max.replace(tzinfo=dt.UTC)})
        return list(cursor.fetchall())


RULES = [
    Rule(name="stock = sum of its movements", check=stock_equals_movements, historic=True),
    Rule(name="movements follow each other", check=movements_follow_each_other, historic=True),
    Rule(name="sold before = something was picked", check=sold_before_is_what_was_picked),
]
