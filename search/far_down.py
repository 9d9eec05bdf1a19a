"""Pages far down a shelf without a text: nothing is asked of each product on the way to them."""

from __future__ import annotations

from operator import itemgetter

from django.db import connection

from catalog.selectors.question import ShelfQuestion
from search import found

# Products in the order of a column, of which an index is walked; who is kept is told by a table of their
# keys. What is sold out may come behind the rest: then the rest is as long as `kept` says.
FAR_DOWN = """
WITH m AS MATERIALIZED ({alike}),
     kept AS MATERIALIZED (SELECT alike, by_price, n, {first} AS comes_first FROM m WHERE {kept})
{parts}
"""
FAR_PART = """
(SELECT {place} AS place, p.id FROM catalog_product p JOIN catalog_category c ON c.id = p.category_id
  WHERE (p.id IN (SELECT d.product_id FROM search_searchdocument d
                    JOIN kept ON kept.alike = d.alike AND kept.by_price = {by_price}
                   WHERE d.is_active AND kept.comes_first = {comes_first})) IS TRUE
  ORDER BY {order} LIMIT {limit} OFFSET {offset})
"""
BEFORE = "(SELECT coalesce(sum(n), 0)::bigint FROM kept WHERE comes_first)"


def far_down(question: ShelfQuestion, *, limit: int, offset: int) -> list[int]:
    """The keys of a stretch of a shelf without a text, of those that `counted` counts. One statement, which
    asks nothing of each product on the way.
    """
    values = found.Values()
    by_price, end = found._by_price(question, values), offset + limit
    two = question.sold_out_last and not question.filters.in_stock
    places = [("true", str(int(limit)), str(int(offset)))]
    if two:
        rest = f"least({limit}, greatest(0, {end} - {BEFORE}))"
        places.append(("false", rest, f"greatest(0, {offset} - {BEFORE})"))
    order = ", ".join(map(_column, question.keys))
    parts = [
        FAR_PART.format(
            place=place,
            comes_first=first,
            limit=some,
            offset=skipped,
            order=order,
            by_price=by_price,
        )
        for place, (first, some, skipped) in enumerate(places)
    ]
    statement = FAR_DOWN.format(
        alike=found._alike(question, values, kinds=found._place(question, values)),
        first="in_stock" if two else "true",
        kept=found.KEPT,
        parts=" UNION ALL ".join(parts),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [pk for _place, pk in sorted(cursor.fetchall(), key=itemgetter(0))]


def _column(key: str) -> str:
    """A key of `ShelfQuestion.keys` as it sorts."""
    name = key.removeprefix("-")
    column = "c.position" if name == "category__position" else f"p.{name}"
    return f"{column} DESC" if key.startswith("-") else column
