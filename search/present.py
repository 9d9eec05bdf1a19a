"""Products as an index beside PostgreSQL keeps them: read as they are now, all of them numbers and words."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import connection

FIELDS = (
    "names brand_words category_words described heads flavours plain quantities popularity category_id path brand_id"
    " tags allergens price on_sale unit_price key_he key_en created is_active at"
).split()
PRESENT = """
SELECT p.id, d.version,
       array(SELECT lexeme FROM unnest(d.words) WHERE 'A' = ANY(weights)),
       array(SELECT lexeme FROM unnest(d.words) WHERE 'B' = ANY(weights)),
       array(SELECT lexeme FROM unnest(d.words) WHERE 'C' = ANY(weights)),
       array(SELECT lexeme FROM unnest(d.words) WHERE 'D' = ANY(weights)),
       d.heads, d.flavours, d.flavours = '{}', d.quantities, d.popularity, d.category_id, d.path,
       d.brand_id, d.tags, d.allergens, (d.price * 100)::bigint, d.on_sale,
       (p.unit_price * 10000)::bigint, p.key_he, p.key_en,
       (extract(epoch FROM p.created_at) * 1000000)::bigint, d.is_active, d.branches
  FROM catalog_product p JOIN search_searchdocument d ON d.product_id = p.id
"""
SOME = PRESENT + " WHERE p.id = ANY(%s)"
NEXT = PRESENT + " WHERE p.id > %s ORDER BY p.id LIMIT %s"


class Present(NamedTuple):
    """A product as it is now, and the version of this state."""

    product_id: int
    version: int
    fields: dict[str, Any]


def present(product_ids: list[int]) -> list[Present]:
    """Those of these that are there. One query."""
    return _read(SOME, [product_ids])


def next_present(*, after: int, limit: int) -> list[Present]:
    """The products behind a key, in the order of keys. One query."""
    return _read(NEXT, [after, limit])


def _read(statement: str, params: list[Any]) -> list[Present]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return [
            Present(pk, version, dict(zip(FIELDS, row, strict=True)) | {"product_id": pk})
            for pk, version, *row in cursor.fetchall()
        ]
