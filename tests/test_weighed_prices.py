"""The price of what is weighed is said to be for a kg wherever it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.test import Client

from core import clock
from search.documents import index_products
from standing.services import ItemData, OccurrenceChange, change_occurrence, make_draft
from standing.tests.conftest import set_up
from tests.shop import Shop, open_with_sandbox

pytestmark = pytest.mark.django_db
A_KG, EACH = {"he": ("ל־ק״ג", "לק״ג"), "en": ("/ kg", "per kg")}, "8.90"


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


@pytest.mark.parametrize("language", ["he", "en"])
def test_a_price_for_a_kg_says_so(shop: Shop, language: str) -> None:
    ada, olives = shop.customer(), shop.weighed(name_he="זיתים", name_en="Olives")
    index_products([olives.pk])
    order = shop.order(ada, {olives: "1.5"})
    shop.fill(ada, {olives: "1.5"})
    weekly = set_up(shop, ada=ada)
    items = [ItemData(product_id=olives.pk, quantity=Decimal("1.5"))]
    change_occurrence(**weekly.key, change=OccurrenceChange(items=items), now=clock.now())
    make_draft(**weekly.key, now=clock.now())
    type(olives).objects.filter(pk=olives.pk).update(price=Decimal("9.00"))
    begin = "/en" if language == "en" else ""
    date: dt.date = weekly.date
    places = {
        f"{begin}/products/{olives.pk}/": "9.00", f"{begin}/aisles/{shop.category.slug}/": "9.00",
        f"{begin}/search/suggest/?q={'Oli' if begin else 'זית'}": "9.00", "/cart/": "9.00",
        "/cart/drawer/": "9.00", f"/orders/{order.order_number}/": EACH,
        f"/standing/{weekly.row.pk}/{date}/": "9.00",
    }  # fmt: skip
    client = Client()
    client.force_login(ada)
    client.cookies["mami_language"] = language
    for path, price in places.items():
        told = client.get(
            path, headers={"HX-Request": "true"} if "drawer" in path else {}
        ).content.decode()
        assert price in told, path
        assert any(words in told for words in A_KG[language]), path
