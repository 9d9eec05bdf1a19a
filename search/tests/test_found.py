"""Pages of a text, once more from the products themselves: the counts and the order."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection

from branches.models import Branch
from catalog.facets import Filters
from catalog.models import Category, Product
from catalog.process_cache import Memory
from catalog.search_port import SearchQuery, engine
from catalog.selectors.question import ShelfQuestion
from search import far_down, found, postgres, sql
from search.tests.counting import count_facets

TEXTS = (
    "חלב", "milk", "חלב 1%", "2 ליטר חלב", "1.5L", "ללא גלוטן", "vegan", "vegan 500g", "בלי אגוזים",
    "פירות", "cleaning", "מה יש לארוחת בוקר", "גבינה צהובה", "גינת", "לחם ללא גלוטן", "290-0400-000014",
)  # fmt: skip
FILTERS = (
    {},
    {"in_stock": True, "min_price": Decimal(5), "max_price": Decimal(15)},
    {"tags": ("kosher_dairy",), "on_sale": True},
    {"allergen_free": ("nuts", "milk"), "brands": ("kad-vakaf",)},
)  # fmt: skip


def understood(text: str) -> SearchQuery:
    query = engine().understand(text, memory=Memory(None))
    assert query is not None
    return query


def some_is_sold_out() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_stock SET on_hand = reserved WHERE product_id % 3 = 0")
        cursor.execute("UPDATE search_searchdocument SET popularity = product_id % 7")
    ids = list(Product.objects.values_list("pk", flat=True))
    for some in (ids[::2], ids[1::2]):
        sql.stand_at(some)


def test_a_shelf_without_a_text_is_counted_as_its_products_are(demo_shop: None) -> None:
    some_is_sold_out()
    department = Category.objects.filter(parent=None).earliest("position")
    shop = Branch.objects.filter(is_delivery_source=False).earliest("pk")
    for given in FILTERS:
        for place in (
            {}, {"offers": True}, {"category_id": department.pk, "anywhere": True}, {"branch_id": shop.pk},
        ):  # fmt: skip
            asked = ShelfQuestion(filters=Filters.of(given), **place)
            assert found.counted(asked) == count_facets(asked.matching(stock=True), asked.filters)


def test_a_page_far_down_has_the_products_of_its_place_in_the_order(demo_shop: None) -> None:
    some_is_sold_out()
    department = Category.objects.filter(parent=None).earliest("position")
    for given in FILTERS:
        for place in (
            {},
            {"offers": True, "language": "en"},
            {"category_id": department.pk, "anywhere": True},
        ):
            for sort in ("", "name", "-price", "newest"):
                asked = ShelfQuestion(filters=Filters.of(given), sort=sort, **place)
                keys = list(asked.ordered(stock=True).values_list("pk", flat=True))
                sold_out = Product.objects.with_availability().filter(pk__in=keys, in_stock=False)
                middle = len(keys) - sold_out.count()  # where the sold out begin, if they come last
                for offset in (0, max(0, middle - 3), middle, len(keys) - 2, len(keys) + 5):
                    page = far_down.far_down(asked, limit=7, offset=max(0, offset))
                    assert page == keys[max(0, offset) :][:7], (asked, offset)


@pytest.mark.slow
@pytest.mark.parametrize("text", TEXTS)
def test_counts_and_order_are_those_of_the_products(demo_shop: None, text: str) -> None:
    """Counted and ordered once more from the products themselves, one by one."""
    some_is_sold_out()
    query = understood(text)
    department = Category.objects.filter(parent=None).earliest("position")
    for given in FILTERS:
        for place in ({}, {"category_id": department.pk, "anywhere": True}):
            asked = ShelfQuestion(understood=query, filters=Filters.of(given), **place)
            here = found.find(asked, limit=30, offset=0)
            assert here.facets == count_facets(asked.matching(stock=True), asked.filters)
            assert here.ids == in_order(asked, query)[:30]
            assert found.find(asked, limit=5, offset=7, counts=False).ids == here.ids[7:12]


def in_order(asked: ShelfQuestion, query: SearchQuery) -> list[int]:
    """The keys by the nine numbers that managers are shown."""
    kept = asked.matching(stock=True).filter(*asked.filters.conditions().values())
    numbers = list(postgres.numbers(query).values())
    names = [f"n{place}" for place in range(len(numbers))]
    rows = kept.annotate(**dict(zip(names, numbers, strict=True))).values_list(
        *names, "in_stock", "search_document__popularity", "pk"
    )
    return [
        row[-1] for row in sorted(rows, key=lambda row: (*(-int(n) for n in row[:-1]), row[-1]))
    ]
