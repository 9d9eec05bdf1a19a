"""A page of the remembered order of a shelf is the page that the database would give."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from catalog import process_cache
from catalog.facets import Filters
from catalog.models import Product
from catalog.process_cache import Memory
from catalog.search_port import engine
from catalog.selectors import shelves
from catalog.selectors.question import ShelfQuestion
from search.sql import stand_at


@pytest.fixture(autouse=True)
def half_sold_out(demo_shop: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_stock SET on_hand = reserved WHERE product_id % 2 = 0")
    stand_at(list(Product.objects.values_list("pk", flat=True)))
    assert Product.objects.count() > 2 * shelves.FIRST


@pytest.mark.parametrize("q", ["", "milk", "חלב"])
@pytest.mark.parametrize("anywhere", [False, True])
@pytest.mark.parametrize("sort", ["", "price", "name"])
def test_is_the_order_of_the_shelf(q: str, anywhere: bool, sort: str) -> None:
    process_cache.forget()
    asked = ShelfQuestion(
        understood=engine().understand(q, memory=Memory(None)), anywhere=anywhere, sort=sort
    )
    for offset in (0, 96, 216, 240):
        assert _keys(asked, Memory(1), offset) == _keys(asked, Memory(None), offset)


def test_with_filters() -> None:
    filters = Filters(tags=("vegan",), max_price=Decimal(20))
    asked = ShelfQuestion(filters=filters)
    assert _keys(asked, Memory(1), 0) == _keys(asked, Memory(None), 0) != []


def _keys(asked: ShelfQuestion, remembered: Memory, offset: int) -> list[int]:
    page: Any = shelves._page(remembered, asked, limit=24, offset=offset)
    return page if isinstance(page, list) else list(page.values_list("pk", flat=True))


def test_far_down_the_keys_are_remembered_and_stock_is_told_as_it_is() -> None:
    process_cache.forget()
    asked = ShelfQuestion()
    keys = _keys(asked, Memory(1), shelves.FIRST)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE inventory_stock SET on_hand = reserved WHERE product_id = %s", keys[:1]
        )
    assert _keys(asked, Memory(1), shelves.FIRST) == keys
    cards: Any = shelves._cards(asked, keys)
    assert [card.pk for card in cards] == keys
    assert [card.in_stock for card in cards[:2]] == [False, True]
    stand_at(keys[:1])  # as the next look at stock does within seconds
    assert _keys(asked, Memory(2), shelves.FIRST) != keys, "asked anew of another catalogue"
