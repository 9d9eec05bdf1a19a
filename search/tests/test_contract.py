"""What every engine promises: one suite, run on PostgreSQL and, where there is one, on OpenSearch."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from branches.models import Branch
from catalog import selectors, services
from catalog.models import Brand, Product
from catalog.search_port import SearchStatus
from catalog.selectors import ShelfPage
from inventory.models import Stock
from inventory.services import set_on_hand
from search.quality import QueryAnswer, listed, measure, read_rows
from search.tests.engines import settled

pytestmark = pytest.mark.slow

NAMES = (
    "queries.jsonl",
    "queries_more.jsonl",
    "queries_typed.jsonl",
    "queries_asked.jsonl",
    "queries_fresh.jsonl",
    "queries_sixth.jsonl",
)
LISTS = [Path(__file__).with_name(name) for name in NAMES]
FILTERS: list[dict[str, Any]] = [
    {},
    {"in_stock": True},
    {"on_sale": True},
    {"tags": ["kosher_dairy"]},
    {"allergen_free": ["nuts", "eggs"]},
    {"brands": ["kad-vakaf"]},
    {"min_price": Decimal("5.90"), "max_price": Decimal("12.00")},
    {"tags": ["vegan"], "in_stock": True, "max_price": Decimal(20)},
]
OFF = {"URL": "", "PASSWORD": None, "CA": None, "PREFIX": "mami", "TIMEOUT_MS": 500}


def skus(q: str, **asked: Any) -> list[str]:
    return [item.sku for item in found(q, **asked).items]


def found(q: str, **asked: Any) -> ShelfPage[Any]:
    page = selectors.listing(q=q, **{"limit": 5, "offset": 0, **asked})
    assert not page.degraded
    return page


def by_postgresql(q: str, **asked: Any) -> ShelfPage[Any]:
    with override_settings(SEARCH_OPENSEARCH=OFF):
        return found(q, **asked)


def test_the_list_is_answered_by_both_engines_alike(engine: str) -> None:
    """Each first five of the lists, in order; on PostgreSQL alone the lists are judged elsewhere."""
    if engine == "postgresql":
        assert skus("חלב 1%")
        return
    differing = []

    def ask(text: str, language: str) -> QueryAnswer:
        here = listed(text, language)
        with override_settings(SEARCH_OPENSEARCH=OFF):
            there = listed(text, language)
        if (here.skus, here.total, here.status) != (there.skus, there.total, there.status):
            differing.append((text, here, there))
        assert here.engine == engine
        return here

    for path in LISTS:
        report = measure(read_rows(path), ask=ask)
        assert differing == []
        assert report.recall_share >= 0.95
        assert report.first_share >= 0.85
        assert report.absurd_share <= 0.02


@pytest.mark.parametrize(
    ("q", "place"), [("חלב", "anywhere"), ("גבינה", "branch"), ("milk", "delivery")]
)
def test_counts_are_those_of_the_filtered_lists(engine: str, q: str, place: str) -> None:
    for filters in FILTERS:
        if place == "delivery":
            page = selectors.shelf(q=q, limit=24, **filters)
            with override_settings(SEARCH_OPENSEARCH=OFF):
                other = selectors.shelf(q=q, limit=24, **filters)
        else:
            branch = Branch.objects.filter(is_delivery_source=False).first()
            where = {"branch_id": branch.pk} if place == "branch" and branch else {}
            page = found(q, limit=24, **filters, **where)
            other = by_postgresql(q, limit=24, **filters, **where)
        assert page.facets == other.facets, filters
        assert [item.pk for item in page.items] == [item.pk for item in other.items], filters
    whole = found(q)
    for facet in whole.facets.brands[:3]:
        assert found(q, brands=[facet.value]).total == facet.count
    for facet in whole.facets.dietary_tags[:3]:
        assert found(q, tags=[facet.value]).total == facet.count
    for facet in whole.facets.allergen_free[:3]:
        assert found(q, allergen_free=[facet.value]).total == facet.count
    assert found(q, in_stock=True).total == whole.facets.in_stock
    assert found(q, on_sale=True).total == whole.facets.on_sale


@pytest.mark.parametrize("sort", ["", "name", "price", "-price", "unit_price", "newest"])
def test_pages_hold_everything_once_in_order(engine: str, sort: str) -> None:
    total = found("גבינה").total
    walked = [
        item.pk
        for offset in range(0, total, 20)
        for item in found("גבינה", sort=sort, limit=20, offset=offset).items
    ]
    whole = by_postgresql("גבינה", sort=sort, limit=total)
    assert walked == [item.pk for item in whole.items]
    assert found("גבינה", sort=sort, offset=total + 50).items == []
    assert (
        found("גבינה", sort=sort, offset=10_000, limit=200).items == []
    )  # as far as any engine walks
    if sort:
        first = found("גבינה", sort=sort)
        assert first.next_cursor
        second = selectors.listing(
            q="גבינה", sort=sort, limit=5, offset=0, cursor=first.next_cursor
        )
        assert [item.pk for item in second.items] == walked[5:10]


@pytest.mark.parametrize(
    "q",
    [
        *(
            "foo:bar",
            "/.*/",
            "*",
            "%",
            "_",
            "'",
            '"',
            ":*",
            "a' | !b",
            "\\",
            "(((",
            "חלב & ",
            "%_%",
        ),
        *("חלב AND NOT גבינה", "milk~2", "names:חלב", "חלב OR *:*", "{!x}", "[a TO z]"),
        *("x" * 200, "\x1f", "מילה " * 50, "🚗", "<script>"),
    ],
)
def test_signs_are_plain_characters(engine: str, q: str) -> None:
    page = found(q)
    assert page.total < Product.objects.count() or page.understood is None
    selectors.suggestions(q=q)


def test_while_typing_the_same_is_offered(engine: str) -> None:
    for text in ("בננ", "שוק", "mil", "גבינ", "חלב"):
        here = [product.sku for product in selectors.suggestions(q=text).products]
        with override_settings(SEARCH_OPENSEARCH=OFF):
            assert here == [product.sku for product in selectors.suggestions(q=text).products]
        assert here
    assert selectors.suggestions(q="בננ").products[0].sku.startswith("FRU")


def test_what_changes_is_found_as_it_is_now(engine: str) -> None:
    milk = Product.objects.get(sku="MIL-0001")
    brand = Brand.objects.get(pk=milk.brand_id)
    change = services.update_product
    assert skus("qwzxkvj") == []
    change(actor=None, product_id=milk.pk, changes={"name_he": "qwzxkvj 9%", "name_en": "qwzxkvj"})
    settled(engine)
    assert skus("qwzxkvj") == ["MIL-0001"]
    change(actor=None, product_id=milk.pk, changes={"price": Decimal("77.70")})
    settled(engine)
    assert skus("qwzxkvj", min_price=Decimal(77), max_price=Decimal(78)) == ["MIL-0001"]
    assert found("qwzxkvj").facets.price_max == Decimal("77.70")
    change(actor=None, product_id=milk.pk, changes={"dietary_tags": [], "allergens": ["nuts"]})
    settled(engine)
    assert skus("qwzxkvj", allergen_free=["nuts"]) == []
    services.update_brand(
        actor=None, brand_id=brand.pk, changes={"name_en": "Zzyzx", "name_he": "זיזקס"}
    )
    settled(engine)
    assert "MIL-0001" in skus("zzyzx", limit=100)
    change(actor=None, product_id=milk.pk, changes={"is_active": False})
    assert skus("qwzxkvj") == []  # at once: an index that lags cannot sell
    settled(engine)
    assert (skus("qwzxkvj"), found("qwzxkvj").total) == ([], 0)
    change(actor=None, product_id=milk.pk, changes={"is_active": True})
    settled(engine)
    assert skus("qwzxkvj") == ["MIL-0001"]
    services.deactivate_category(actor=None, category_id=milk.category_id)
    assert found("qwzxkvj").total == 0


def test_stock_is_that_of_the_branch_and_steps_over_at_once(engine: str) -> None:
    milk = Product.objects.get(sku="MIL-0001")
    stock = Stock.objects.get(product=milk, branch__is_delivery_source=True)
    here: dict[str, Any] = {"branch_id": stock.branch_id, "in_stock": True, "limit": 100}
    assert "MIL-0001" in skus("חלב", **here)
    set_on_hand(actor=None, stock_id=stock.pk, quantity=stock.reserved, reason="count")
    settled(engine)
    assert "MIL-0001" not in skus("חלב", **here)
    assert skus("חלב", branch_id=stock.branch_id)[0] != "MIL-0001"
    set_on_hand(actor=None, stock_id=stock.pk, quantity=stock.reserved + 1, reason="count")
    settled(engine)
    assert "MIL-0001" in skus("חלב", **here)


def test_statuses_are_told_with_the_engine(engine: str) -> None:
    for text, status in (
        ("חלב", SearchStatus.FOUND),
        ("נוטלה", SearchStatus.INSTEAD),
        ("dog food", SearchStatus.NOT_SOLD),
        ("חלב qwzxkvj", SearchStatus.LOOSENED),
        ("שוקולט", SearchStatus.CORRECTED),
        ("qwzxkvj", SearchStatus.NOTHING),
        ("מה יש לארוחת בוקר", SearchStatus.GUIDE),
    ):
        page = found(text)
        assert page.understood is not None
        assert (text, page.understood.status) == (text, status)
        assert bool(page.items) == (not page.understood.is_empty)
