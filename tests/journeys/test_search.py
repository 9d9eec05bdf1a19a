"""Finding in a real browser: the camera in the search field, my branch by keyboard, every answer's page."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from playwright.sync_api import expect

from search import querylog
from search.models import SearchRule
from tests.journeys.conftest import Goods, Visits
from tests.shop import Shop

# Chromium on Linux has no detector: this one sees a code as soon as it is told to.
DETECTOR = """
window.BarcodeDetector = class {
  constructor({ formats }) { window.formats = formats; }
  async detect() { return window.code ? [{ rawValue: window.code }] : []; }
};
navigator.mediaDevices.getUserMedia = async () => document.createElement("canvas").captureStream();
HTMLMediaElement.prototype.play = async () => {};
"""


def test_the_camera_fills_the_field_and_sends_it(visits: Visits, shop: Shop, goods: Goods) -> None:
    visit = visits(language="en")
    page = visit.page
    visit.go("/")
    expect(page.locator("#search-form .camera")).to_be_hidden()  # nothing is missing without it
    page.add_init_script(DETECTOR)
    visit.go("/")
    page.focus("#q")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("#search-form .camera")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("dialog#camera")).to_be_visible()
    assert page.evaluate("window.formats") == ["ean_13", "ean_8", "upc_a"]
    page.evaluate(f"window.code = '{goods.milk.barcode or '7290000000015'}'")
    expect(page).to_have_url(re.compile(r"/products/\d+/|q=7290000000015"))
    visit.check_clean()


def test_my_branch_by_keyboard_stays_in_the_address(
    visits: Visits, shop: Shop, goods: Goods
) -> None:
    visit = visits(language="en")
    page, where = visit.page, re.compile(f"branchId={shop.branch.pk}")
    visit.go("/search/?q=milk")
    page.focus("#my-branch")
    page.select_option("#my-branch", str(shop.branch.pk))
    expect(page).to_have_url(where)
    expect(page.locator("label:has(#in-stock)")).to_contain_text(shop.branch.name_en)
    page.focus("#in-stock")
    page.keyboard.press("Space")
    expect(page.locator(".chip").first).to_contain_text(f"In stock at {shop.branch.name_en}")
    page.reload()
    expect(page.locator("#in-stock")).to_be_checked()
    expect(page).to_have_url(where)
    page.fill("#q", "bread")
    page.keyboard.press("Enter")
    expect(page).to_have_url(where)
    expect(page.locator("h1")).to_contain_text("bread")
    visit.check_clean()


def test_every_answer_is_accessible(visits: Visits, shop: Shop, goods: Goods) -> None:
    visit = visits(language="he")
    visit.look_at("/search/?q=qwzxkvj", f"/search/?q={'x' * 150}", "/search/?q=milkk&branchId=9")
    visit.check_clean()


OFFICE = "/admin/search"


@pytest.mark.parametrize("language", ["he", "en"])
def test_the_office_makes_a_rule_of_what_was_missed(
    visits: Visits, shop: Shop, goods: Goods, language: str
) -> None:
    """By keyboard; the preview comes into the page. Every screen of it is accessible."""
    Client().get("/search/", {"q": "lechelo"})
    querylog.flush()
    visit = visits(language=language)
    page = visit.page
    visit.enter(shop.manager())
    missed = f"{OFFICE}/searchquerylog/"
    visit.look_at(missed, f"{OFFICE}/searchrule/add/", f"{OFFICE}/searchrule/try/?q=milk")
    visit.go(missed)
    page.locator("a[href*='add/?words=lechelo']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[name=words]")).to_have_value("lechelo")
    page.locator("[name=words]").fill("lechelo\nmilk")
    page.locator("[name=kind]").select_option("SAME")
    page.locator("button[formaction$='preview/']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#preview li").first).to_contain_text(
        goods.milk.name_he if language == "he" else goods.milk.name_en
    )
    visit.check_accessible()
    assert not SearchRule.objects.filter(words__text="lechelo").exists()
    page.locator("[name=_save]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/searchrule/$"))
    visit.look_at(f"{OFFICE}/searchrule/?q=lechelo", f"{missed}?show=all")
    visit.check_clean()


def test_without_script_a_rule_is_looked_at_and_made(
    visits: Visits, shop: Shop, goods: Goods
) -> None:
    visit = visits(language="en", script=False)
    page = visit.page
    visit.enter(shop.manager())
    visit.go(f"{OFFICE}/searchrule/add/?words=lechelo")
    page.locator("[name=words]").fill("lechelo\nmilk")
    page.locator("[name=kind]").select_option("SAME")
    with visit.context.expect_page() as opened:
        page.locator("button[formaction$='preview/']").click()
    expect(opened.value.locator("main")).to_contain_text(goods.milk.name_en)
    page.locator("[name=_save]").click()
    visit.go("/search/?q=lechelo")
    expect(page.locator("main")).to_contain_text(goods.milk.name_en)
    visit.check_clean()
