"""Chametz: the column and the tag are one truth, and on Passover shoppers meet none of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Role
from accounts.tests.factories import person
from branches.calendar.passover import is_on, period
from branches.calendar_models import CalendarSettings
from catalog import selectors, services
from catalog.models import Product
from catalog.passover import guessed, in_step
from catalog.tests import factories
from catalog.tests.test_hidden import shown
from core import clock
from core.clock import shop_instant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("documents")]

EVE = dt.date(2027, 4, 21)
TAG = "kosher_passover"


def mode(value: str) -> None:
    CalendarSettings.objects.update_or_create(
        pk=1, defaults={"keeps_shabbat": True, "independence_day": False, "passover_mode": value}
    )


@pytest.mark.parametrize(
    ("changes", "tags", "stands", "result"),
    [
        ({"passover": "KOSHER"}, ["vegan"], None, ("KOSHER", ["vegan", TAG])),
        ({"passover": "NOT"}, ["vegan", TAG], "KOSHER", ("NOT", ["vegan"])),
        ({"passover": None}, [TAG], "KOSHER", (None, [])),
        ({"passover": ""}, [TAG], "KOSHER", (None, [])),
        ({"dietary_tags": [TAG]}, [], None, ("KOSHER", [TAG])),
        ({"dietary_tags": [TAG]}, [], "NOT", ("KOSHER", [TAG])),
        ({"dietary_tags": ["vegan"]}, [TAG], "KOSHER", (None, ["vegan"])),
        ({"dietary_tags": ["vegan"]}, [], "NOT", ("NOT", ["vegan"])),
        ({"passover": "NOT", "dietary_tags": [TAG]}, [], None, ("NOT", [])),
        ({"price": 5}, [TAG], "KOSHER", ("KOSHER", [TAG])),
    ],
)
def test_tag_and_column_are_one_truth(
    changes: dict[str, Any], tags: list[str], stands: str | None, result: tuple[str, list[str]]
) -> None:
    said = in_step(changes, tags=tags, passover=stands)
    assert (said.get("passover", stands), said.get("dietary_tags", tags)) == result


def test_managers_say_it(api: Any) -> None:
    mia = api(person(Role.MANAGER))
    shelf = factories.category()
    body = {"sku": "P-1", "price": "9.90", "category_id": shelf.pk, "name": "Matza"}
    made = mia.post("/admin/products", body | {"dietary_tags": [TAG]}).json()["data"]
    assert made["passover"] == "KOSHER"
    path = f"/admin/products/{made['id']}"
    told = mia.patch(path, {"passover": "NOT"}).json()["data"]
    assert (told["passover"], told["dietary_tags"]) == ("NOT", [])
    assert api().get(f"/products/{made['id']}").json()["data"]["passover"] == "NOT"
    assert mia.patch(path, {"passover": "MAYBE"}).status_code == 400


def test_what_labels_tell() -> None:
    assert guessed(tags=[TAG], allergens=["gluten"]) == "KOSHER"
    assert guessed(tags=[], allergens=["gluten"]) == "NOT"
    assert guessed(tags=[], allergens=["milk"]) is None


def test_the_period() -> None:
    begin, end = period(dt.date(2027, 4, 1))
    assert begin == shop_instant(EVE, dt.time(0))
    assert end == shop_instant(dt.date(2027, 4, 28), dt.time(20, 5))
    for at, on in ((begin - dt.timedelta(seconds=1), False), (begin, True), (end, False)):
        assert is_on(mode="AUTO", begin=at) is on
    hours = dt.timedelta(hours=2)
    assert not is_on(mode="AUTO", begin=begin - hours, end=begin)
    assert is_on(mode="AUTO", begin=begin - hours, end=begin + hours)
    assert is_on(mode="ON", begin=end)
    assert not is_on(mode="OFF", begin=begin)
    for date in (dt.date.min, dt.date.max):
        assert not is_on(mode="AUTO", begin=dt.datetime.combine(date, dt.time(12), dt.UTC))


def test_on_passover_nobody_meets_chametz(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the managers' hand and by the calendar: nowhere; else everywhere."""
    bread = factories.stocked(name_en="Sourdough", passover="NOT")
    services.update_product(actor=None, product_id=bread.pk, changes={"description_en": "x"})
    assert len(shown(bread)) > 8
    mode("ON")
    assert shown(bread) == {"category"}
    mode("AUTO")
    monkeypatch.setattr(clock, "now", lambda: shop_instant(EVE, dt.time(0, 1)))
    assert shown(bread) == {"category"}
    mode("OFF")
    assert len(shown(bread)) > 8
    for other in ("KOSHER", "KITNIYOT", None):
        Product.objects.update(passover=other)
        mode("ON")
        assert len(shown(bread)) > 8


@pytest.mark.django_db(transaction=True)
def test_what_is_remembered_is_not_shown_either(settings: Settings) -> None:
    """A shelf that a process remembers is another one on Passover, at once, with no statement more."""
    bread = factories.stocked(name_en="Sourdough", passover="NOT")
    milk = factories.stocked(name_en="Milk", category=bread.category)
    assert len(selectors.shelf().items) == 2
    mode("ON")
    assert selectors.shelf().items == [milk]
    assert selectors.shelf().total == selectors.category_tree().departments[0].count == 1
    mode("OFF")
    assert len(selectors.shelf().items) == 2


def test_a_basket_says_why() -> None:
    from tests.shop import open_shop

    shop = open_shop()
    ada, bread = shop.customer(), shop.product(passover="NOT")
    shop.fill(ada, {bread: 1})
    client = Client()
    client.force_login(ada)
    assert "חמץ" not in client.get("/cart/").content.decode()
    mode("ON")
    assert "חמץ: בפסח איננו מוכרים" in client.get("/cart/").content.decode()
    services.update_product(actor=None, product_id=bread.pk, changes={"passover": "KITNIYOT"})
    assert "חמץ" not in client.get("/cart/").content.decode()
