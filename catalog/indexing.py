"""Filling what search reads: one vector per product, and the words of all labels."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction

from catalog import memory
from catalog.models import Product
from catalog.search import tokens

BATCH = 1000

# A: names. B: brand, sku, barcode. C: category. D: description.
STORE = """
UPDATE catalog_product AS p SET search_vector =
    setweight(to_tsvector('simple', d.a), 'A') || setweight(to_tsvector('simple', d.b), 'B') ||
    setweight(to_tsvector('simple', d.c), 'C') || setweight(to_tsvector('simple', d.d), 'D')
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[]) AS d(id, a, b, c, d)
WHERE p.id = d.id
"""
LEARN = """
INSERT INTO catalog_searchword (word, products)
SELECT DISTINCT lexeme, 1 FROM catalog_product p, unnest(p.search_vector) AS v(lexeme, positions, weights)
WHERE p.id = ANY(%s) AND v.weights && ARRAY['A', 'B', 'C'] AND length(lexeme) <= 60
ON CONFLICT (word) DO NOTHING
"""
REBUILD = """
INSERT INTO catalog_searchword (word, products)
SELECT word, ndoc FROM ts_stat(
    'SELECT p.search_vector FROM catalog_product p JOIN catalog_category c ON c.id = p.category_id'
    ' WHERE p.is_active AND c.is_active AND p.search_vector IS NOT NULL', 'abc')
WHERE length(word) <= 60
ON CONFLICT (word) DO UPDATE SET products = EXCLUDED.products
"""


def index_products(product_ids: Iterable[int]) -> int:
    """Bring the search entries of these products up to date; returns how many there were."""
    ids = list(product_ids)
    for start in range(0, len(ids), BATCH):
        _index(ids[start : start + BATCH])
    return len(ids)


def rebuild_words() -> None:
    """Count every word on sale anew, and forget those that no label carries any more."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalog_searchword")
        cursor.execute(REBUILD)
        memory.changed()


def _index(ids: list[int]) -> None:
    products = (
        Product.objects.filter(pk__in=ids)
        .select_related("brand", "category")
        .defer("search_vector")
    )
    rows = [_entry(product) for product in products]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(STORE, [list(column) for column in zip(*rows, strict=True)])
        cursor.execute(LEARN, [ids])
    memory.changed()


def _entry(product: Product) -> tuple[int, str, str, str, str]:
    category = product.category
    names = (product.brand.name_he, product.brand.name_en) if product.brand else ()
    return (
        product.pk,
        _words(product.name_he, product.name_en),
        _words(product.sku, product.barcode or "", *names),
        _words(category.name_he, category.name_en),
        _words(product.description_he, product.description_en),
    )


def _words(*texts: str) -> str:
    return " ".join(token for text in texts for token in tokens(text))
