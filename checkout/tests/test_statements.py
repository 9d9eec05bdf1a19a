"""Placing an order costs a fixed, small number of statements, whatever is in the basket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.shop import Shop, open_with_sandbox

MOST = 25
BRACKETS = {"BEGIN", "COMMIT"}


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


def statements(shop: Shop, lines: int, *, pickup: bool = False) -> list[str]:
    """What is sent between the two BEGINs and COMMITs of one confirm."""
    ada = shop.customer()
    shop.fill(ada, {shop.product(): 2 for _ in range(lines)})
    request = shop.pickup() if pickup else shop.request()
    with CaptureQueriesContext(connection) as captured:
        shop.confirm(ada, request=request)
    return [q["sql"] for q in captured if q["sql"] not in BRACKETS]


def test_the_same_number_for_5_and_50_lines(shop: Shop) -> None:
    shop.order()  # the window's row of that date is made by its first order
    small, large = statements(shop, 5), statements(shop, 50)
    assert len(small) == len(large)
    assert len(small) <= MOST


def test_a_pickup_needs_no_more(shop: Shop) -> None:
    assert len(statements(shop, 5, pickup=True)) <= MOST


def test_exactly_two_transactions(shop: Shop) -> None:
    ada = shop.customer()
    shop.fill(ada, {shop.product(): 1})
    with CaptureQueriesContext(connection) as captured:
        shop.confirm(ada)
    sent = [q["sql"] for q in captured]
    assert sent.count("BEGIN") == sent.count("COMMIT") == 2
