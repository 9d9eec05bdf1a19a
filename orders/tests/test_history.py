"""Finding earlier orders by number, by a word of what was in them, by the day."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import clock
from core.clock import shop_date
from orders.history import found_in
from orders.models import Order
from orders.selectors import orders_of
from tests.shop import Shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada(shop: Shop):
    user = shop.customer()
    milk = shop.product(name_he="חָלָב תְּנוּבָה 3%", name_en="Fresh-Milk 3%")
    bread = shop.product(name_he="לחם כפרי", name_en="Country bread")
    user.milk, user.bread = shop.order(user, {milk: 1}), shop.order(user, {bread: 1})
    shop.order(shop.customer(), {milk: 1})
    return user


def test_words_numbers_and_days(api, ada, shop):
    client = api(ada)
    ask = lambda **query: [  # noqa: E731
        row["id"]
        for row in client.get(
            "/orders?" + "&".join(f"{key}={value}" for key, value in query.items())
        ).json()["data"]
    ]
    milk, bread = ada.milk.pk, ada.bread.pk
    for text in ("חלב", "חל", "תנובה", "FRESH", "milk", "fresh milk", ada.milk.order_number):
        assert ask(q=text) == [milk], text
    for text in (ada.bread.order_number[3:], ada.bread.order_number.lower(), "כפרי", "bre"):
        assert ask(q=text) == [bread], text
    for text in ("ilk", "לב", "nothing", "%25", "_", "MS-ZZZZZZZZ"):
        assert ask(q=text) == [], text
    today = shop_date(clock.now())
    assert ask(dateFrom=today, dateTo=today) == [bread, milk]
    assert ask(dateTo=today - dt.timedelta(days=1)) == []
    assert ask(q="", dateFrom=today) == [bread, milk]
    assert client.get("/orders?dateFrom=0001-01-01").status_code == 400


def test_the_page_has_the_same_form(ada):
    client = Client()
    client.cookies["mami_language"] = "en"
    client.force_login(ada)
    html = client.get("/orders/?q=milk").content.decode()
    assert ada.milk.order_number in html
    assert ada.bread.order_number not in html
    assert "No order of yours is like that." in client.get("/orders/?q=zzz").content.decode()
    assert client.get("/orders/?q=x&date_from=nonsense&page=9").status_code == 200


def test_it_is_one_statement(ada):
    with CaptureQueriesContext(connection) as asked:
        keys = list(found_in(orders_of(actor=ada), q="milk").values_list("pk", flat=True))
    assert keys == [ada.milk.pk]
    assert len(asked) == 1
    assert Order.objects.count() == 3
