"""A page of a text out of PostgreSQL's documents: every count and the first of the order in one statement.

Products that are alike in all that is counted are one row with a number, so that only few are looked
at for the counts; the numbers of the order are added up to one. What only a diet, or to be free of
something, finds is not walked at all: it is counted and put in order along an index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from django.db import connection
from django.utils.translation import get_language

from branches.calendar.passover import on_at
from catalog import passover
from catalog.facets import COUNTS, Facets, collected
from catalog.process_cache import Memory
from catalog.search_port import SearchPage, SearchQuery
from catalog.selectors.question import ShelfQuestion
from catalog.selectors.shelves import FIRST, STOCK_SECONDS
from core import clock
from search.postgres import LABEL, PLACES, Alternatives, tsquery

# `hit` are the products of the text and `m` those alike as one row, each with one flag for every filter in force.
WALKED = """
WITH hit AS MATERIALIZED (
       SELECT d.product_id, d.alike, d.popularity, d.price, {by_price} AS by_price, {rank} AS rank
         FROM search_searchdocument d WHERE d.is_active AND {rows}),
     m AS MATERIALIZED ({alike}),
     kept AS (SELECT * FROM m WHERE {kept}),
     first AS (
       SELECT hit.product_id, hit.rank, kept.in_stock, hit.popularity
         FROM hit JOIN kept USING (alike, by_price)
        ORDER BY 2 DESC, 3 DESC, 4 DESC, 1 LIMIT {limit} OFFSET {offset})
"""
# All rows of a kind match or none does: those whose names say so, then of each kind its most popular.
BY_KIND = """
WITH m AS MATERIALIZED ({alike}),
     kept AS (SELECT * FROM m WHERE {kept}),
     named AS MATERIALIZED (
       SELECT d.product_id, d.alike, d.popularity, {by_price} AS by_price
         FROM search_searchdocument d WHERE d.is_active AND {said}),
     said AS MATERIALIZED (
       SELECT named.product_id, kept.in_stock, named.popularity FROM named JOIN kept USING (alike, by_price)),
     first AS (
       SELECT * FROM (
         (SELECT product_id, 3 AS rank, in_stock, popularity FROM said ORDER BY 3 DESC, 4 DESC, 1 LIMIT {end})
         UNION ALL
         (SELECT d.product_id, 0, kept.in_stock, d.popularity FROM kept CROSS JOIN LATERAL (
            SELECT d.product_id, d.popularity FROM search_searchdocument d
             WHERE d.is_active AND d.alike = kept.alike AND kept.by_price = {by_price}
               AND d.product_id NOT IN (SELECT product_id FROM said)
             ORDER BY d.popularity DESC, d.product_id LIMIT {end}) AS d
           ORDER BY 3 DESC, 4 DESC, 1 LIMIT {end})) AS both_kinds
        ORDER BY 2 DESC, 3 DESC, 4 DESC, 1 LIMIT {limit} OFFSET {offset})
"""
ALIKE = """
SELECT x.alike, x.by_price, x.n, x.low, x.high, d.category_id, d.brand_id, d.tags AS dietary_tags,
       d.allergens, d.on_sale AS is_sale, {in_stock} AS in_stock, {flags}
  FROM (SELECT alike, {grouped} AS by_price, count(*) AS n, min(price) AS low, max(price) AS high,
               min(product_id) AS one
          FROM {source} GROUP BY 1, 2) AS x
  JOIN search_searchdocument d ON d.product_id = x.one
  JOIN catalog_category c ON c.id = d.category_id AND c.is_open WHERE {kinds}
"""
COUNTED = """
WITH m AS MATERIALIZED ({alike}),
     kept AS (SELECT * FROM m WHERE {kept})
"""
FIRST_ONES = """
SELECT 'first' AS facet, product_id AS id, '' AS value, '' AS label,
       row_number() OVER (ORDER BY rank DESC, in_stock DESC, popularity DESC, product_id) AS n,
       NULL::numeric AS low, NULL::numeric AS high FROM first
"""
ROWS = """
FROM search_searchdocument d JOIN catalog_category c ON c.id = d.category_id
WHERE d.is_active AND c.is_open AND {shown} AND {rows}
"""
EXISTS_WITH_TAGS = """
SELECT EXISTS (SELECT FROM catalog_product p JOIN catalog_category c ON c.id = p.category_id
                WHERE p.is_active AND c.is_open AND {shown} AND p.dietary_tags @> {tags} AND NOT p.allergens && {free})
"""
KEPT = "by_brand AND by_tag AND by_free AND by_price AND by_stock AND by_sale"


class Found(NamedTuple):
    """Keys in order, and the counts; without counts those are empty."""

    ids: list[int]
    facets: Facets


class Values(dict[str, Any]):
    """The values of a statement, by the names that stand in it."""

    def put(self, value: Any, kind: str) -> str:
        name = f"v{len(self)}"
        self[name] = value
        return f"%({name})s::{kind}"


def remembered(question: ShelfQuestion, *, memory: Memory) -> Found:
    """The first 240 products of a text in its order and all counts, whatever it is sorted by. One
    statement where nobody asked in the last seconds.
    """
    asked = replace(question, sort="")
    return memory.get(
        ("found", asked), lambda: find(asked, limit=FIRST, offset=0), seconds=STOCK_SECONDS
    )


def page(question: ShelfQuestion, *, memory: Memory, limit: int, offset: int) -> SearchPage:
    """A stretch of what a text finds, in its order, with all counts. One statement more behind what is
    `remembered`.
    """
    found = remembered(question, memory=memory)
    end, facets = offset + limit, found.facets
    if end <= FIRST or len(found.ids) < FIRST:
        ids = found.ids[offset:end]
    else:
        ids = find(question, limit=limit, offset=offset, counts=False).ids
    return SearchPage(ids=tuple(ids), total=facets.total, facets=facets)


def find(question: ShelfQuestion, *, limit: int, offset: int, counts: bool = True) -> Found:
    """What a text finds, by nobody's memory. One statement, none for a text that finds nothing."""
    query = question.understood
    if query is None or query.is_empty:
        return Found([], Facets())
    values = Values()
    statement = _statement(question, query, values, limit=limit, offset=offset)
    told = [_counts(question, values), FIRST_ONES] if counts else [FIRST_ONES]
    with connection.cursor() as cursor:
        cursor.execute(statement + " UNION ALL ".join(told), values)
        rows = cursor.fetchall()
    first = sorted((row[4], row[1]) for row in rows if row[0] == "first")
    facets = collected([row for row in rows if row[0] != "first"], question.filters)
    return Found([pk for _place, pk in first], facets)


def counted(question: ShelfQuestion) -> Facets:
    """All counts of a shelf without a text: one statement, which reads an index of what is alike alone."""
    values = Values()
    alike = _alike(question, values, kinds=_place(question, values))
    statement = COUNTED.format(alike=alike, kept=KEPT) + _counts(question, values)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return collected(cursor.fetchall(), question.filters)


def exists(query: SearchQuery) -> bool:
    """Whether any product on sale is found. One query."""
    values = Values()
    if query.tags and _is_by_kind(query):  # there is an index of tags, which few may have
        tags = values.put(list(query.tags), "varchar[]")
        free = values.put(list(query.allergen_free), "varchar[]")
        statement = EXISTS_WITH_TAGS.format(
            shown=passover.shown(passover="p.passover"), tags=tags, free=free
        )
    else:
        statement = f"SELECT EXISTS (SELECT {_all_rows(query, values)})"
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return bool(cursor.fetchone()[0])


def how_many(query: SearchQuery) -> int:
    """How many products on sale are found. One query, none for a text that finds nothing."""
    if query.is_empty:
        return 0
    values = Values()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {_all_rows(query, values)}", values)
        return int(cursor.fetchone()[0])


def how_many_each(queries: Mapping[str, SearchQuery]) -> dict[str, int]:
    """`how_many` for each of many, by their keys. One query, or none."""
    values = Values()
    asked = [
        f"SELECT {values.put(key, 'text')}, count(*) {_all_rows(query, values)}"
        for key, query in queries.items()
        if not query.is_empty
    ]
    if not asked:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked), values)
        return dict(cursor.fetchall())


def _all_rows(query: SearchQuery, values: Values) -> str:
    rows = " AND ".join(_rows(query, values)) or "true"
    return ROWS.format(shown=_shown(None), rows=rows)


def _counts(question: ShelfQuestion, values: Values) -> str:
    return COUNTS.format(
        name="name_en" if get_language() == "en" else "name_he",
        filters=values.put(list(question.filters.conditions()), "text[]"),
    )


def _alike(question: ShelfQuestion, values: Values, *, kinds: list[str]) -> str:
    """What is alike among all documents, as one row each."""
    return ALIKE.format(
        in_stock=_in_stock(question, values),
        flags=_flags(question, values),
        grouped=_by_price(question, values),
        source="search_searchdocument d WHERE d.is_active",
        kinds=" AND ".join(kinds),
    )


def _statement(
    question: ShelfQuestion, query: SearchQuery, values: Values, *, limit: int, offset: int
) -> str:
    by_price, place = _by_price(question, values), _place(question, values)
    window = {"limit": str(int(limit)), "offset": str(int(offset)), "end": str(offset + limit)}
    if _is_by_kind(query):
        alike = _alike(question, values, kinds=[*place, *_diet(query, values)])
        named = (query.named,) if query.named is not None else ()
        said = f"d.words @@ {values.put(tsquery(named, 'A'), 'tsquery')}" if named else "false"
        return BY_KIND.format(alike=alike, by_price=by_price, said=said, kept=KEPT, **window)
    alike = ALIKE.format(
        in_stock=_in_stock(question, values),
        flags=_flags(question, values),
        grouped="by_price",
        source="hit",
        kinds=" AND ".join(place),
    )
    return WALKED.format(
        alike=alike,
        by_price=by_price,
        rank=_rank(query, values),
        rows=" AND ".join(_rows(query, values)) or "true",
        kept=KEPT,
        **window,
    )


def _is_by_kind(query: SearchQuery) -> bool:
    """Whether only what is the same for all that count alike decides, and the names of diets."""
    rows = query.parts or query.product_id is not None or query.whole_places or query.wanted
    ranks = query.preferred or query.asked_categories or query.majority is not None
    return not (rows or ranks)


def _rows(query: SearchQuery, values: Values) -> list[str]:
    """What a product must have."""
    if query.product_id is not None:
        return [f"d.product_id = {values.put(query.product_id, 'bigint')}"]
    words = [f"d.words @@ {values.put(tsquery(part, LABEL), 'tsquery')}" for part in query.parts]
    if query.whole_places:
        there = f"d.category_id = ANY({values.put(list(query.whole_places), 'bigint[]')})"
        words = [f"({' AND '.join(words)} OR {there})" if words else there]
    if query.heads:
        words.append(f"d.heads && {values.put(list(query.heads), 'text[]')}")
    if query.wanted:
        words.append(f"d.quantities @> {values.put(list(query.wanted), 'text[]')}")
    return [*words, *_diet(query, values)]


def _diet(query: SearchQuery, values: Values) -> list[str]:
    found = []
    if query.tags:
        found.append(f"d.tags @> {values.put(list(query.tags), 'text[]')}")
    if query.allergen_free:
        found.append(f"NOT d.allergens && {values.put(list(query.allergen_free), 'text[]')}")
    return found


def _place(question: ShelfQuestion, values: Values) -> list[str]:
    """Where it stands: a category with all below it, offers; on Passover without chametz."""
    found = [_shown(question.hides_chametz)]
    if question.category_id is not None:
        found.append(f"d.path @> ARRAY[{values.put(question.category_id, 'bigint')}]")
    if question.offers:
        found.append("d.on_sale")
    return found


def _shown(hides_chametz: bool | None) -> str:
    """On Passover no chametz: the statement asks whether it is, unless the caller knows."""
    if hides_chametz is None:
        return f"NOT (d.is_chametz AND {on_at(clock.now())})"
    return "NOT d.is_chametz" if hides_chametz else "true"


def _rank(query: SearchQuery, values: Values) -> str:
    """The first six numbers of the order as one, each worth more than all behind it together."""
    ranks = []
    if query.preferred:
        has = [f"d.quantities @> {values.put([key], 'text[]')}" for key in query.preferred]
        ranks.append(" + ".join(f"64 * ({one})::int" for one in has))
    if query.asked_categories:
        asked = values.put(list(query.asked_categories), "bigint[]")
        ranks.append(f"32 * (d.category_id = ANY({asked}))::int")
    if query.parts:
        heads = sorted({form for part in query.parts for one in part for form in one.heads})
        places = [_where(part, values) for part in query.parts]
        ranks.append(f"8 * least({', '.join(places)})")
        ranks.append(f"4 * (d.heads && {values.put(heads, 'text[]')})::int")
        ranks.append("2 * (d.flavours = '{}')::int")
    elif query.named is not None:
        said = values.put(tsquery((query.named,), "A"), "tsquery")
        ranks.append(f"24 * (d.words @@ {said})::int")
    if query.majority is not None:
        ranks.append(f"(d.category_id = {values.put(query.majority, 'bigint')})::int")
    return " + ".join(ranks) or "0"


def _where(part: Alternatives, values: Values) -> str:
    """Where the words stand: in the name 3, the brand 2, its own category 1, elsewhere 0."""
    whens = [
        f"WHEN d.words @@ {values.put(tsquery(part, weight), 'tsquery')} THEN {number}"
        for weight, number in PLACES
    ]
    return f"CASE {' '.join(whens)} ELSE 0 END"


def _in_stock(question: ShelfQuestion, values: Values) -> str:
    """What documents know of stock: at a branch, at any active one, or where deliveries leave from."""
    if question.branch_id is not None:
        return f"d.branches @> ARRAY[{values.put(question.branch_id, 'bigint')}]"
    which = "is_active" if question.anywhere else "is_delivery_source"
    return f"d.branches && ARRAY(SELECT id FROM branches_branch WHERE {which})"  # noqa: S608


def _by_price(question: ShelfQuestion, values: Values) -> str:
    limits = ((">=", question.filters.min_price), ("<=", question.filters.max_price))
    asked = [f"d.price {sign} {values.put(at, 'numeric')}" for sign, at in limits if at is not None]
    return f"({' AND '.join(asked)})" if asked else "true"


def _flags(question: ShelfQuestion, values: Values) -> str:
    """One flag for each filter in force; without it, true."""
    filters = question.filters
    flags = dict.fromkeys(("by_brand", "by_tag", "by_free", "by_stock", "by_sale"), "true")
    if filters.brands:
        slugs = values.put(list(filters.brands), "text[]")
        flags["by_brand"] = (
            f"coalesce(d.brand_id IN (SELECT id FROM catalog_brand WHERE slug = ANY({slugs})), false)"  # noqa: S608
        )
    if filters.tags:
        flags["by_tag"] = f"d.tags @> {values.put(list(filters.tags), 'text[]')}"
    if filters.allergen_free:
        flags["by_free"] = f"NOT d.allergens && {values.put(list(filters.allergen_free), 'text[]')}"
    if filters.in_stock:
        flags["by_stock"] = _in_stock(question, values)
    if filters.on_sale:
        flags["by_sale"] = "d.on_sale"
    return ", ".join(f"{condition} AS {name}" for name, condition in flags.items())
