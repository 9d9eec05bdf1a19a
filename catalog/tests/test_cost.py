"""A page of a long shelf asks the database no more questions than a page of a short one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.tests import factories


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/aisles/dairy/", "/search/?q=product", "/offers/"])
def test_more_products_cost_no_more_queries(path: str) -> None:
    place = factories.category(slug="dairy")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert Client(headers={"Accept-Language": "en"}).get(path).status_code == 200
        return len(queries)

    factories.source()
    for _ in range(5):
        factories.stocked(category=place, brand=factories.brand(), old_price=Decimal(12))
    few = cost()
    for _ in range(55):
        factories.stocked(category=place, brand=factories.brand(), old_price=Decimal(12))
    assert cost() == few
