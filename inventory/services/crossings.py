"""Handing on which products may have begun or ceased to be in stock."""

from __future__ import annotations

from django.db import connection

from core.transactions import require_transaction

TAKE = """
DELETE FROM inventory_stockcrossing WHERE id IN (
    SELECT id FROM inventory_stockcrossing ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING product_id
"""


def take_crossings(*, limit: int) -> list[int]:
    """The products of the oldest crossings, which are gone once the caller's transaction commits;
    two who take at once take different ones.
    """
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [limit])
        return sorted({product_id for (product_id,) in cursor.fetchall()})
