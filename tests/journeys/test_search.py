"""Finding in a real browser: the camera in the search field, my branch by keyboard, every answer's page."""

from __future__ import annotations

import re

from playwright.sync_api import expect

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
