"""Walking the shelves in a real browser: search, filters, saved places, each part by keyboard too."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from catalog.models import Product
from search.documents import index_products
from tests.journeys.conftest import Goods, Visit, Visits
from tests.shop import Shop

PHONE = {"width": 390, "height": 844}
EVERYTHING = 9  # what `dairy` puts into the aisle


@pytest.fixture
def dairy(shop: Shop, goods: Goods) -> Goods:
    """The journeys' goods and some more beside them, so that filters have something to do."""
    for number in range(6):
        product = shop.product(
            name_he=f"גבינה לבנה {number}%",
            name_en=f"White cheese {number}%",
            icon="tub",
            price=Decimal(5 + number),
            dietary_tags=["low_fat"] if number < 2 else [],
            old_price=Decimal(20) if number == 5 else None,
        )
        index_products([product.pk])
    return goods


def aisle(shop: Shop) -> str:
    return f"/aisles/{shop.category.slug}/"


def expect_cards(visit: Visit, count: int) -> None:
    expect(visit.page.locator("#results .product-box")).to_have_count(count)


def test_suggestions_by_keyboard(visits: Visits, dairy: Goods) -> None:
    visit = visits(language="he")
    page = visit.page
    visit.go("/")
    page.keyboard.press("/")
    field = page.locator("#q")
    expect(field).to_be_focused()
    page.keyboard.type("גבי", delay=30)
    options = page.locator("#suggestions [role=option]")
    expect(options.first).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#suggestions")).to_be_hidden()
    expect(field).to_have_value("גבי")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("גבינה לבנה")
    visit.check_clean()


def test_a_filter_changes_the_shelf_and_the_address(
    visits: Visits, shop: Shop, dairy: Goods
) -> None:
    visit = visits(language="en")
    page = visit.page
    visit.go(aisle(shop))
    expect_cards(visit, EVERYTHING)
    page.check("#tag-low_fat")
    expect(page.locator("#count")).to_have_text("2 products")
    expect(page).to_have_url(re.compile("tag=low_fat"))
    expect(page.locator("#tag-low_fat")).to_be_focused()
    page.select_option("#sort", "-price")
    expect(page.locator("#results .name").first).to_have_text("White cheese 1%")
    page.evaluate("history.go(-2)")
    expect_cards(visit, EVERYTHING)
    expect(page.locator("header.site")).to_have_count(1)
    page.locator("#fold-price summary").click()
    page.fill("#pmin", "cheap")
    page.keyboard.press("Tab")
    expect(page.locator("#pmin-error")).to_be_visible()
    expect(page.locator("#pmin")).to_have_value("cheap")
    visit.check_clean()


def test_filters_are_a_sheet_on_the_phone(visits: Visits, shop: Shop, dairy: Goods) -> None:
    visit = visits(language="he", **PHONE)
    page = visit.page
    visit.go(aisle(shop))
    sheet = page.locator("#facets")
    expect(sheet).to_be_hidden()
    page.locator(".only-narrow").first.click()
    expect(sheet).to_be_visible()
    page.check("#on-sale")
    expect(page.locator("#count")).to_have_text("מוצר אחד")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    visit.check_clean()


@pytest.mark.parametrize("language", ["he", "en"])
def test_without_script_the_form_does_it(
    visits: Visits, shop: Shop, dairy: Goods, language: str
) -> None:
    visit = visits(language=language, script=False)
    page = visit.page
    visit.go(aisle(shop))
    page.check("#tag-low_fat")
    page.locator("#facets button.wide").click()
    expect_cards(visit, 2)
    page.select_option("#sort", "-price")
    page.locator("noscript button").click()
    expect(page).to_have_url(re.compile("sort=-price"))
    expect(page).to_have_url(re.compile("tag=low_fat"))
    expect_cards(visit, 2)
    page.locator(".chip:has(svg)").first.click()
    expect_cards(visit, EVERYTHING)
    page.fill("#q", "cheese")
    page.locator("#search-form button:not(.camera)").click()
    expect_cards(visit, 6)


@pytest.mark.parametrize("script", [True, False])
def test_the_language_switch_stays_on_the_page(
    visits: Visits, shop: Shop, dairy: Goods, script: bool
) -> None:
    visit = visits(language="he", script=script)
    page = visit.page
    visit.go(f"{aisle(shop)}?tag=low_fat")
    page.locator("button.lang").click()
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    expect(page).to_have_url(re.compile(r"\?tag=low_fat$"))
    expect_cards(visit, 2)
    visit.go("/")
    expect(page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize("language", ["he", "en"])
def test_every_page_of_the_shelves_is_accessible(
    visits: Visits, shop: Shop, dairy: Goods, language: str
) -> None:
    sold_out = shop.product(name_he="אזל לגמרי", name_en="Quite sold out", stock=1)
    Product.objects.filter(pk=sold_out.pk).update(allergens=["milk"], quantity_step=1)
    visit = visits(language=language)
    visit.look_at(
        "/", "/aisles/", aisle(shop), f"{aisle(shop)}?tag=low_fat&maxPrice=1&minPrice=x",
        f"/products/{dairy.tomatoes.pk}/", f"/products/{sold_out.pk}/", "/search/?q=zzz",
        "/offers/", "/help/delivery/", "/help/accessibility/", "/nowhere/", "/branches/", f"/branches/{shop.branch.code}/",
    )  # fmt: skip
    visit.check_clean()
