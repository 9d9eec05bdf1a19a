"""The counts of a shelf from its products, one by one: what the counts along documents have to be."""

from __future__ import annotations

from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value
from django.utils.translation import get_language

from catalog.facets import COUNTS, Facets, Filters, collected
from catalog.models import Product

ALIKE = """
WITH m AS MATERIALIZED (
       SELECT category_id, brand_id, dietary_tags, allergens, in_stock, is_sale, by_brand, by_tag, by_free, by_price,
              {by_stock} AS by_stock, by_sale, count(*) AS n, min(price) AS low, max(price) AS high
         FROM ({matching}) AS one GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
     kept AS (SELECT * FROM m WHERE by_brand AND by_tag AND by_free AND by_price AND by_stock AND by_sale)
"""
YES = Value(True, output_field=BooleanField())


def count_facets(products: QuerySet[Product], filters: Filters) -> Facets:
    """Every count of the shelf in one pass over `products` (which carry `in_stock`)."""
    conditions = filters.conditions()
    flags = {
        f"by_{name}": ExpressionWrapper(conditions[name], output_field=BooleanField())
        if name in conditions
        else YES
        for name in ("brand", "tag", "free", "price", "sale")
    }
    is_sale = ExpressionWrapper(Q(old_price__isnull=False), output_field=BooleanField())
    matching = (
        products.order_by()
        .annotate(is_sale=is_sale, **flags)
        .values(
            "category_id",
            "brand_id",
            "price",
            "dietary_tags",
            "allergens",
            "in_stock",
            "is_sale",
            *flags,
        )
    )
    sql, params = matching.query.sql_with_params()
    name = "name_en" if get_language() == "en" else "name_he"
    with connection.cursor() as cursor:
        by_stock = "in_stock" if filters.in_stock else "true"  # looked up once for each product
        alike = ALIKE.format(matching=sql, by_stock=by_stock)
        counts = COUNTS.format(name=name, filters="%s::text[]")
        cursor.execute(alike + counts, [*params, list(conditions)])
        return collected(cursor.fetchall(), filters)
