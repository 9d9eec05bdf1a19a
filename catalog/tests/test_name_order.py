"""Lists by name stand in the order of a dictionary, on every face and in both languages."""

from __future__ import annotations

import random

import pytest
from django.test import Client

from accounts.tests.factories import manager
from cart.tests.factories import product
from catalog import selectors
from catalog.models import Brand, Product
from core.tests.test_name_keys import ENGLISH, HEBREW
from tests.admin_forms import address
from tests.api_client import ApiClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("documents")]


@pytest.fixture
def shelf():
    """Products whose names are made in no order at all."""
    dice = random.Random(3)
    for hebrew, english in zip(dice.sample(HEBREW, 10), dice.sample(ENGLISH, 10), strict=True):
        product(name_he=hebrew, name_en=english)


def expected(language: str) -> list[str]:
    order, field = (ENGLISH, "name_en") if language == "en" else (HEBREW, "name_he")
    return sorted(Product.objects.values_list(field, flat=True), key=order.index)


@pytest.mark.parametrize("language", ["he", "en"])
def test_the_api_page_by_page(shelf, language):
    client, found = ApiClient(language=language), list[str]()
    cursor: str | None = ""
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        page = client.get(f"/products/search?sort=name&limit=3{more}").json()
        found += [one["name"] for one in page["data"]]
        cursor = page["pagination"]["next_cursor"]
    assert found == expected(language)


@pytest.mark.parametrize("language", ["he", "en"])
def test_the_shelf_and_the_office(shelf, language, settings):
    client = Client(headers={"Accept-Language": language})
    client.force_login(manager())
    shown = client.get("/search/?sort=name").context["browse"].page.items
    assert [one.name for one in shown] == expected(language)
    listed = client.get(address(Product, "changelist")).context["cl"].result_list
    assert [one.name_he for one in listed] == expected("he")


def test_a_changed_name_moves(shelf):
    first = Product.objects.order_by("key_en")[0]
    first.name_en = "zzz"
    first.save(update_fields=["name_en"])
    assert Product.objects.order_by("key_en").last() == first


def test_brands_of_a_facet_and_of_the_office():
    for place, name in enumerate(["Zest", "élan", "apple"]):
        product(brand=Brand.objects.create(slug=f"b{place}", name_he=name, name_en=name))
    facets = selectors.shelf(sort="name").facets
    assert [one.label for one in facets.brands if one.value.startswith("b")] == [
        "apple",
        "élan",
        "Zest",
    ]
    made = Brand.objects.filter(slug__regex="^b[0-9]$")
    assert [one.name_he for one in made] == ["apple", "élan", "Zest"]
