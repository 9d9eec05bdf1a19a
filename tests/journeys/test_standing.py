"""A standing order in a browser: set up, look, skip, accept the prices, and order, also without script."""

from __future__ import annotations

import os
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from accounts.models import User
from catalog.models import Product
from core import clock
from core.clock import day_of_week
from standing import services
from standing.services import ItemData, StandingData
from standing.services.drafting import draft_due
from tests.journeys.conftest import Goods, Visit, Visits
from tests.shop import Shop


def set_up(shop: Shop, goods: Goods) -> tuple[User, str]:
    """Two products every week; the draft of the first date asks about its prices."""
    ada = shop.customer()
    row = services.create_standing(
        actor=ada,
        data=StandingData(
            name="הסל של יום שלישי",
            weekdays=[day_of_week(shop.date)],
            start_time=shop.slot.start_time,
            lead_days=3,  # its first date is drafted at once, also before eight in the morning
        ),
        items=[
            ItemData(product_id=goods.milk.pk, quantity=Decimal(4)),
            ItemData(product_id=goods.tomatoes.pk, quantity=Decimal("1.5"), note="לא בשלות"),
            ItemData(product_id=goods.bread.pk, quantity=Decimal(5)),
        ],
        agree=True,
        now=clock.now(),
    )
    Product.objects.filter(pk=goods.milk.pk).update(price=Decimal("9.90"))
    draft_due(now=clock.now())
    return ada, f"/standing/{row.pk}/"


def shots(visit: Visit, *paths: str) -> None:
    if folder := os.environ.get("MAMI_SHOTS"):
        for number, path in enumerate(paths):
            for width, scheme in ((390, "light"), (1280, "light"), (390, "dark")):
                visit.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                visit.page.set_viewport_size({"width": width, "height": 844})
                visit.go(path)
                name = f"{visit.language}-standing-{number}-{width}-{scheme}.png"
                visit.page.screenshot(path=f"{folder}/{name}", full_page=True)


@pytest.mark.parametrize("language", ["he", "en"])
def test_the_pages_of_standing_orders_read_well(
    visits: Visits, shop: Shop, goods: Goods, language: str
):
    visit, (ada, at) = visits(language=language), set_up(shop, goods)
    shop.fill(ada, {goods.milk: 2})
    visit.enter(ada)
    pages = ("/standing/", at, f"{at}{shop.date}/", f"{at}edit/", "/standing/new/")
    visit.look_at(*pages)
    shots(visit, *pages)
    visit.enter(shop.manager())
    visit.look_at("/ops/standing/")
    visit.check_clean()


@pytest.mark.parametrize("language", ["he", "en"])
def test_from_the_basket_to_an_order_without_script(
    visits: Visits, shop: Shop, goods: Goods, language: str
):
    visit, ada = visits(language=language, script=False), shop.customer()
    shop.fill(ada, {goods.milk: 2})
    visit.enter(ada)
    page = visit.page
    visit.go("/standing/new/")
    page.locator(f"input[name=weekdays][value='{day_of_week(shop.date)}']").check()
    page.locator("#id_start_time").select_option(f"{shop.slot.start_time:%H:%M}")
    # Drafted at once, also before eight in the morning.
    page.locator("#id_lead_days").select_option("3")
    page.locator("#id_agree").check()
    page.locator("main form button.big").click()
    expect(page.locator(".dates > li")).to_have_count(8)
    page.locator(".dates button[value=skip]").first.click()
    expect(page.locator(".dates > li.off")).to_have_count(1)
    page.locator(".dates button[value=restore]").click()
    expect(page.locator(".dates > li.off")).to_have_count(0)
    Product.objects.filter(pk=goods.milk.pk).update(price=Decimal("9.90"))
    draft_due(now=clock.now())
    there = page.url.removeprefix(visit.url).partition("#")[0]  # where the hand was
    visit.go(f"{there}{shop.date}/")
    page.locator("button[value=accept]").click()
    page.locator("button[value=place]").click()
    expect(page.locator("a[href^='/orders/MS-']")).to_have_count(1)
    visit.check_clean()
