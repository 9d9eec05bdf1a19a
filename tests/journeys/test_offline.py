"""Without a connection: the basket as it was, pages that were seen, and nothing of anybody's account."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Goods, Visits
from tests.shop import Shop

CONTROLLED = "() => navigator.serviceWorker.controller !== null"
KEPT = """async () => {
    const found = [];
    for (const name of await caches.keys()) {
        if (!name.startsWith("mami-pages")) continue;
        for (const one of await (await caches.open(name)).keys()) found.push(new URL(one.url).pathname);
    }
    return found.sort();
}"""
HOUR = re.compile(r"No connection; as of \d\d:\d\d")


def kept(page: Page, *wanted: str) -> None:
    """Wait until exactly these pages are kept, beside those that say there is no connection."""
    pages = sorted([*wanted, "/offline/", "/en/offline/"])
    page.wait_for_function(f"async (wanted) => JSON.stringify(await ({KEPT})()) === wanted",
                           arg=_json(pages))  # fmt: skip


def _json(pages: list[str]) -> str:
    return "[" + ",".join(f'"{one}"' for one in pages) + "]"


def test_the_basket_without_a_connection(visits: Visits, shop: Shop, goods: Goods) -> None:
    ada = shop.customer()
    shop.fill(ada, {goods.milk: 2})
    visit = visits(language="en", width=390, worker=True)
    page = visit.page
    visit.enter(ada)
    visit.go("/account/")
    page.wait_for_function(CONTROLLED)
    visit.go("/cart/")
    visit.go("/en/help/delivery/")
    visit.go("/orders/")
    visit.go(f"/en/products/{goods.bread.pk}/")
    kept(page, "/cart/", "/en/help/delivery/", f"/en/products/{goods.bread.pk}/")

    visit.context.set_offline(True)
    visit.go("/cart/")
    expect(page.locator(".kept-bar")).to_have_text(HOUR)
    expect(page.get_by_text("Fresh milk 3%").first).to_be_visible()
    assert page.locator("button:enabled, input:enabled, select:enabled").count() == 0
    visit.check_width()
    visit.go("/help/delivery/")  # the Hebrew address of what was seen in English
    expect(page.locator(".kept-bar")).to_be_visible()
    visit.go("/en/aisles/")
    expect(page.get_by_role("heading", name="There is no connection")).to_be_visible()

    visit.go("/cart/")
    expect(page.locator(".kept-bar")).to_be_visible()
    visit.context.set_offline(False)
    expect(page.locator(".kept-bar")).to_have_count(0)  # the page comes anew by itself
    visit.go("/account/")
    page.locator('form[action="/account/logout/"] button').first.click()
    page.wait_for_url("**/en/")
    kept(page, "/en/")
    visit.context.set_offline(True)
    visit.go("/cart/")
    expect(page.get_by_role("heading", name=re.compile("connection|חיבור"))).to_be_visible()
    assert visit.failures == []
