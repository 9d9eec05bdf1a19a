"""A question of the shelves in the language of OpenSearch: constant scores, filters, counts.

No text score is used: each condition of the order is worth a power of two times its number, so that
the sum orders as the numbers do one after the other, and as PostgreSQL orders.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from catalog.facets import Filters
from catalog.search_port import Alternative, SearchQuery
from catalog.selectors.question import ShelfQuestion

LABEL = "ABC"
FIELDS = {"A": "names", "B": "brand_words", "C": "category_words", "D": "described"}
MOST_BUCKETS = 10_000
NOBODY: dict[str, Any] = {"match_none": {}}
SORTS = {"price": "price", "-price": "price", "unit_price": "unit_price", "newest": "created"}
Clause = dict[str, Any]
Part = tuple[Alternative, ...]


@dataclass(frozen=True, kw_only=True)
class ShopNow:
    """What a question is asked against: open categories of the place, active branches, keys of
    the brands that were named, and the branches whose stock counts.
    """

    category_ids: list[int]
    brand_ids: list[int]
    branch_ids: list[int]


def body(
    question: ShelfQuestion, shop: ShopNow, *, limit: int, offset: int, counts: bool
) -> dict[str, Any]:
    """The request: the ids of a page in order, the total, and the counts of further filters."""
    query = question.understood
    in_stock = _in_stock(shop)
    conditions = _conditions(question.filters, shop, in_stock)
    asked: dict[str, Any] = {
        "size": limit,
        "from": offset,
        "_source": False,
        "track_total_hits": True,
        "query": {
            "bool": {
                "filter": _place(query, shop),
                "should": _worth(query, in_stock) if question.by_text else [],
                "minimum_should_match": 0,
            }
        },
        "sort": _sort(question),
    }
    if conditions:
        asked["post_filter"] = _all(list(conditions.values()))
    if counts:
        asked["aggs"] = _counts(conditions, in_stock)
    return asked


def _place(query: SearchQuery | None, shop: ShopNow) -> list[Clause]:
    """Which products the place and the text find."""
    found: list[Clause] = [
        {"term": {"is_active": True}},
        {"terms": {"category_id": shop.category_ids}},
    ]
    if query is None:
        return found
    if query.is_empty:
        return [*found, NOBODY]
    if query.product_id is not None:
        return [*found, {"term": {"product_id": query.product_id}}]
    words = [_part(part, LABEL) for part in query.parts]
    if query.whole_places:
        place = {"terms": {"category_id": list(query.whole_places)}}
        found.append(_any([_all(words), place]) if words else place)
    else:
        found += words
    if query.heads:
        found.append({"terms": {"heads": list(query.heads)}})
    found += [{"term": {"quantities": key}} for key in query.wanted]
    found += [{"term": {"tags": tag}} for tag in query.tags]
    if query.allergen_free:
        found.append(_not({"terms": {"allergens": list(query.allergen_free)}}))
    return found


def _worth(query: SearchQuery | None, in_stock: Clause) -> list[Clause]:
    """In stock 1, the usual shelf 2, no flavours 4, about it 8, the place of the words 16 to 48,
    the asked shelf 64, each size asked for 128.
    """
    worth = [_scored(in_stock, 1)]
    if query is None:
        return worth
    if query.majority is not None:
        worth.append(_scored({"term": {"category_id": query.majority}}, 2))
    if query.parts:
        heads = sorted({form for part in query.parts for one in part for form in one.heads})
        worth.append(_scored({"term": {"plain": True}}, 4))
        if heads:
            worth.append(_scored({"terms": {"heads": heads}}, 8))
        for places in ("A", "AB", "ABC"):  # the lowest place of its words counts
            stands = [_any([_part(part, place) for place in places]) for part in query.parts]
            worth.append(_scored(_all(stands), 16))
    elif query.named is not None:
        worth.append(_scored(_alternative(query.named, "A"), 48))
    if query.asked_categories:
        worth.append(_scored({"terms": {"category_id": list(query.asked_categories)}}, 64))
    worth += [_scored({"term": {"quantities": key}}, 128) for key in query.preferred]
    return worth


def _sort(question: ShelfQuestion) -> list[Clause]:
    if question.by_relevance:
        return [{"_score": "desc"}, {"popularity": "desc"}, {"product_id": "asc"}]
    name = "key_en" if question.language == "en" else "key_he"
    direction = "desc" if question.sort in {"-price", "newest"} else "asc"
    last = "desc" if question.sort == "newest" else "asc"
    return [{SORTS.get(question.sort, name): direction}, {"product_id": last}]


def _in_stock(shop: ShopNow) -> Clause:
    return {"terms": {"at": shop.branch_ids}}


def _conditions(filters: Filters, shop: ShopNow, in_stock: Clause) -> dict[str, Clause]:
    """The filters in force, by the names that the counts know them by."""
    conditions: dict[str, Clause] = {}
    if filters.brands:
        conditions["brand"] = {"terms": {"brand_id": shop.brand_ids}}
    if filters.tags:
        conditions["tag"] = _all([{"term": {"tags": tag}} for tag in filters.tags])
    if filters.allergen_free:
        conditions["free"] = _not({"terms": {"allergens": list(filters.allergen_free)}})
    limits = {"gte": _agorot(filters.min_price), "lte": _agorot(filters.max_price)}
    if given := {name: value for name, value in limits.items() if value is not None}:
        conditions["price"] = {"range": {"price": given}}
    if filters.in_stock:
        conditions["stock"] = in_stock
    if filters.on_sale:
        conditions["sale"] = {"term": {"on_sale": True}}
    return conditions


def _counts(conditions: dict[str, Clause], in_stock: Clause) -> dict[str, Any]:
    """Each facet with all filters but its own; what narrows with all of them."""

    def kept(*, but: str = "", also: Clause | None = None) -> Clause:
        clauses = [clause for name, clause in conditions.items() if name != but]
        return _all([*clauses, *([also] if also else [])])

    def of(counted: Clause, *, but: str = "") -> Clause:
        """Within the filters; plain where none is in force, which spares a look at each product."""
        if conditions.keys() <= {but}:
            return counted
        return {"filter": kept(but=but), "aggs": {"one": counted}}

    def terms(field: str) -> Clause:
        return {"terms": {"field": field, "size": MOST_BUCKETS}}

    return {
        "price": of({"stats": {"field": "price"}}, but="price"),
        "brands": of(terms("brand_id"), but="brand"),
        "categories": of(terms("category_id")),
        "tags": of(terms("tags")),
        "allergens": of(terms("allergens")),
        "on_sale": {"filter": kept(but="sale", also={"term": {"on_sale": True}})},
        "in_stock": {"filter": kept(but="stock", also=in_stock)},
        **{f"without {name}": {"filter": kept(but=name)} for name in conditions},
    }


def _part(part: Part, places: str) -> Clause:
    return _any([_alternative(one, places) for one in part])


def _alternative(one: Alternative, places: str) -> Clause:
    """All words of the alternative, each in one of its forms, standing in one of the places."""
    fields = [FIELDS[place] for place in ("D" if one.described else places)]
    words = []
    for number, forms in enumerate(one.words):
        said: list[Clause] = [{"terms": {field: list(forms)}} for field in fields]
        if number == 0:
            said += [{"prefix": {field: word}} for field in fields for word in one.beginnings]
        words.append(_any(said))
    return _all(words)


def _all(clauses: list[Clause]) -> Clause:
    return clauses[0] if len(clauses) == 1 else {"bool": {"filter": clauses}}


def _any(clauses: list[Clause]) -> Clause:
    return (
        clauses[0]
        if len(clauses) == 1
        else {"bool": {"should": clauses, "minimum_should_match": 1}}
    )


def _not(clause: Clause) -> Clause:
    return {"bool": {"must_not": [clause]}}


def _scored(clause: Clause, worth: int) -> Clause:
    return {"constant_score": {"filter": clause, "boost": worth}}


def _agorot(price: Decimal | None) -> float | None:
    return None if price is None else float(price * 100)
