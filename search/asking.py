"""Asking the cluster for a page, and leaving it to PostgreSQL where no answer comes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import structlog

from branches.models import Branch
from catalog.facets import Facets, collected
from catalog.models import Brand
from catalog.process_cache import Memory
from catalog.search_port import OPENSEARCH, SearchPage
from catalog.selectors.question import ShelfQuestion
from catalog.selectors.shelves import DEEPEST
from catalog.tree import category_tree
from core import metrics
from core.capabilities import SEARCH_OPENSEARCH, is_on
from search import opensearch, outbox
from search.breaker import SearchBreaker
from search.models import GenerationState, SearchGeneration
from search.opensearch_body import ShopNow, body

log = structlog.get_logger(__name__)
BRANCH_SECONDS = 15.0
breaker = SearchBreaker()


def is_asked() -> bool:
    """Whether the shelves ask a cluster: there is one, and nobody has switched that off."""
    return outbox.is_wanted() and is_on(SEARCH_OPENSEARCH)


def page(
    question: ShelfQuestion, *, memory: Memory, limit: int, offset: int, counts: bool
) -> SearchPage | None:
    """The page as the cluster has it; None where PostgreSQL has to answer: no text, no cluster, no
    index, no answer. Never raises for the cluster's sake.
    """
    query = question.understood
    if query is None or offset > DEEPEST or not is_asked():
        return None
    if query.is_empty:
        return SearchPage(ids=(), total=0, facets=Facets(), engine=OPENSEARCH)
    if not memory.get(("live index",), _is_live):
        return _fallen_back("no index")
    if not breaker.may_ask():
        return _fallen_back("open")
    asked = body(question, _shop(question, memory), limit=limit, offset=offset, counts=counts)
    try:
        with metrics.search_clock("opensearch"):
            answer = opensearch.cluster().search(asked)
    except opensearch.SearchDown as down:
        breaker.failed()
        log.info("search_engine_silent", reason=down.reason)
        return _fallen_back(down.reason)
    breaker.answered()
    total = answer["hits"]["total"]["value"]
    return SearchPage(
        engine=OPENSEARCH,
        ids=tuple(int(hit["_id"]) for hit in answer["hits"]["hits"]),
        total=total,
        facets=_facets(answer["aggregations"], total, question, memory) if counts else Facets(),
    )


def _fallen_back(reason: str) -> SearchPage | None:
    """Nothing, counted."""
    metrics.SEARCH_FALLBACKS.labels(reason).inc()
    return None


def _is_live() -> bool:
    """Whether an index has been filled and promoted."""
    return SearchGeneration.objects.filter(state=GenerationState.LIVE).exists()


def _shop(question: ShelfQuestion, memory: Memory) -> ShopNow:
    """What the cluster does not know: what is open, and what names stand for. At most two queries."""
    tree = category_tree(memory)
    if question.category_id is None:
        categories = list(tree.nodes)
    else:
        node = tree.nodes.get(question.category_id)
        categories = node.ids() if node else []
    slugs = question.filters.brands
    brands = Brand.objects.filter(slug__in=slugs).values_list("pk", flat=True) if slugs else []
    active, source = memory.get(("branches",), _branches, seconds=BRANCH_SECONDS)
    if question.branch_id is not None:
        here = [question.branch_id]
    else:
        here = active if question.anywhere else source
    return ShopNow(category_ids=categories, brand_ids=list(brands), branch_ids=here)


def _branches() -> tuple[list[int], list[int]]:
    """The active branches, and of all the one that deliveries leave from."""
    rows = list(Branch.objects.values_list("pk", "is_active", "is_delivery_source"))
    return [pk for pk, active, _ in rows if active], [pk for pk, _, source in rows if source]


def _facets(found: dict[str, Any], total: int, question: ShelfQuestion, memory: Memory) -> Facets:
    """The counts as PostgreSQL would give them. One query, for the names of brands."""
    nodes = category_tree(memory).nodes
    counted = {
        name: _buckets(found[name]) for name in ("brands", "categories", "tags", "allergens")
    }
    price = _counted(found["price"])
    brands = Brand.objects.in_bulk(list(counted["brands"]))
    rows: list[tuple[Any, ...]] = [
        ("total", None, "", "", total, None, None),
        ("price", None, "", "", 0, _money(price["min"]), _money(price["max"])),
        ("on_sale", None, "", "", found["on_sale"]["doc_count"], None, None),
        ("in_stock", None, "", "", found["in_stock"]["doc_count"], None, None),
    ]
    for pk, count in counted["brands"].items():
        if brand := brands.get(pk):
            rows.append(("brand", pk, brand.slug, brand.name, count, None, None))
    for pk, count in counted["categories"].items():
        if node := nodes.get(pk):
            category = node.category
            rows.append(("category", pk, category.slug, category.name, count, None, None))
    rows += [("tag", None, tag, "", count, None, None) for tag, count in counted["tags"].items()]
    rows += [
        ("allergen", None, name, "", count, None, None)
        for name, count in counted["allergens"].items()
    ]
    rows += [
        ("without", None, name.removeprefix("without "), "", one["doc_count"], None, None)
        for name, one in found.items()
        if name.startswith("without ")
    ]
    return collected(rows, question.filters)


def _counted(found: dict[str, Any]) -> dict[str, Any]:
    """What was counted, within filters or plain."""
    within: dict[str, Any] = found.get("one", found)
    return within


def _buckets(found: dict[str, Any]) -> dict[Any, int]:
    return {one["key"]: one["doc_count"] for one in _counted(found)["buckets"]}


def _money(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(round(value)) / 100
