"""Waiting: the bell at what is sold out, and the page of what I wait for."""

from __future__ import annotations

import datetime as dt
import os
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from accounts.models import User
from branches.models import DatedSlot
from catalog.models import Product
from core import clock
from core.clock import shop_instant
from search.documents import index_products
from tests.journeys.conftest import Goods, Visit, Visits
from tests.shop import Shop
from waiting import services


def who_waits(shop: Shop, goods: Goods) -> tuple[User, Product]:
    """Somebody with an offer and a place in two lines; the second is sold out for a shelf too."""
    ada, gone, back = shop.customer(), shop.product(stock=0), shop.product(stock=0)
    index_products([gone.pk, back.pk])
    now = clock.now()
    dated = [
        DatedSlot.objects.create(slot=slot, date=shop.date, taken=slot.capacity)
        for slot in (shop.slot, shop.later_slot)
    ]
    for one in dated:
        services.wait_for_window(actor=ada, slot_id=one.slot_id, date=shop.date, now=now)
    services.wait_for_product(actor=ada, product_id=back.pk, now=now)
    DatedSlot.objects.filter(pk=dated[0].pk).update(taken=0)
    by_day = shop_instant(shop.date - dt.timedelta(days=1), dt.time(9))
    assert services.offer_all(now=by_day) == 1
    services.tell_wave(product=back, available=Decimal(1), now=by_day)
    shop.fill(ada, {goods.milk: 2})
    return ada, gone


def shots(visit: Visit, *paths: str) -> None:
    if folder := os.environ.get("MAMI_SHOTS"):
        for number, path in enumerate(paths):
            for width, scheme in ((390, "light"), (1280, "light"), (390, "dark")):
                visit.page.emulate_media(color_scheme=scheme)
                visit.page.set_viewport_size({"width": width, "height": 844})
                visit.go(path)
                name = f"{visit.language}-waiting-{number}-{width}-{scheme}.png"
                visit.page.screenshot(path=f"{folder}/{name}", full_page=True)


@pytest.mark.parametrize("language", ["he", "en"])
def test_what_one_waits_for_reads_well(visits: Visits, shop: Shop, goods: Goods, language: str):
    visit, (ada, gone) = visits(language=language), who_waits(shop, goods)
    visit.enter(ada)
    at, shelf = f"/products/{gone.pk}/", f"/aisles/{shop.category.slug}/"
    visit.look_at("/waiting/")
    shots(visit, "/waiting/", at, shelf, "/checkout/", "/account/")
    page = visit.page
    visit.go(at)
    page.locator(".buy form[action*=waiting] button").click()
    expect(page.locator(".buy a[href$='/waiting/']")).to_be_focused()
    visit.check_clean()
