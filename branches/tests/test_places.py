"""“Where to?” on the home page, and the page about the places we deliver to."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from branches.models import DeliverySlot
from branches.tests.factories import area, jerusalem, place
from tests.shop import Shop, open_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db) -> Shop:
    return open_shop()


@pytest.fixture
def visitor(client: Client, shop: Shop) -> Client:
    client.cookies["mami_language"] = "en"
    jerusalem(name_en="Jerusalem", name_he="ירושלים")
    place(2600)
    return client


def page(client: Client, url: str = "/en/") -> str:
    return " ".join(client.get(url).content.decode().split())


def test_a_shop_without_areas_does_not_ask(client: Client, shop: Shop) -> None:
    assert 'id="where-to"' not in page(client, "/")


def test_it_is_asked_once_and_said_before_anybody_fills_a_basket(visitor: Client) -> None:
    assert 'name="city"' in page(visitor)
    assert visitor.post("/place/", {"city": "jerusalem"}).status_code == 302
    home = page(visitor)
    assert "We deliver to <b><bdi>Jerusalem</bdi></b>, " in home
    assert "₪40.00" in home
    assert "₪200.00" in home
    assert "From the day after the order on." in home
    assert 'name="city"' not in home
    visitor.post("/place/", {"forget": "1"})
    assert 'name="city"' in page(visitor)


def test_from_the_first_open_window(visitor: Client, shop: Shop) -> None:
    area(4000, name_en="Haifa and the bay")
    visitor.post("/place/", {"code": "4000"})
    assert "from <bdi>10:00</bdi>" in page(visitor)
    DeliverySlot.objects.filter(pk=shop.slot.pk).update(is_active=False)
    assert "from <bdi>12:00</bdi>" in page(visitor)


def test_a_place_that_is_not_served(visitor: Client) -> None:
    visitor.post("/place/", {"city": "Eilat"})
    home = page(visitor)
    assert "Not to <b><bdi>Eilat</bdi></b> yet: pick up at" in home
    assert 'id="slot-picker"' not in home


@pytest.mark.parametrize(
    "typed", [{"city": "Jerusalm"}, {"city": ""}, {"code": "9" * 20}, {"code": "x"}, {}, {"code": "77"}]
)  # fmt: skip
def test_what_nobody_knows_is_asked_again(visitor: Client, typed: dict[str, str]) -> None:
    answer = visitor.post("/place/", typed)
    assert answer.status_code == 422
    text = answer.content.decode()
    if typed.get("city"):
        assert 'value="Jerusalm"' in text
        assert 'value="3000"' in text
    assert 'name="city"' in page(visitor)


def test_the_page_of_areas(visitor: Client) -> None:
    text = page(visitor, "/en/help/areas/")
    for word in ("Jerusalem", "₪40.00", "₪200.00", "₪400.00", "10:00"):
        assert word in text
    assert "We deliver to <b><bdi>Jerusalem" in page(visitor, "/en/help/areas/?city=Jerusalem")
    assert "Not to <b><bdi>Eilat" in page(visitor, "/en/help/areas/?city=elat&code=2600")
    asked = page(visitor, "/en/help/areas/?city=Jerusalm")
    assert 'value="3000"' in asked
    assert visitor.get("/en/help/areas/?code=" + "9" * 20).status_code == 200


def test_the_basket_knows_the_fee_of_the_place(visitor: Client, shop: Shop) -> None:
    product = shop.product(price=Decimal("180.00"))
    visitor.post("/place/", {"code": "3000"})
    visitor.post("/cart/items/", {"product": product.pk, "quantity": "1"})
    text = page(visitor, "/cart/")
    assert "₪40.00" in text
    assert "₪20.00" in text
