"""The office's lists on a desk's screen, and the way back from one page to another."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import expect

from tests.journeys.conftest import Goods, Visits
from tests.shop import Shop

# A table that is wider than its place is scrolled, which nobody sees.
CUT_OFF = """() => [...document.querySelectorAll(".results, .table-box")]
    .filter((box) => box.scrollWidth > box.clientWidth + 1)
    .map((box) => `${box.scrollWidth} in ${box.clientWidth}: ${box.innerText.slice(0, 80)}`)"""


@pytest.mark.parametrize("language", ["he", "en"])
def test_every_list_fits_a_small_desk(visits: Visits, shop: Shop, goods: Goods, language: str):
    shop.order(quantities={goods.milk: 3, goods.tomatoes: 1})
    mia = visits(language=language, width=1280)
    mia.enter(shop.person("ADMIN"))
    wide = []
    for model in admin.site._registry:
        where = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        mia.go(reverse(where))
        mia.check_width()
        mia.check_targets()
        wide += [f"{model._meta.label}: {found}" for found in mia.page.evaluate(CUT_OFF)]
    assert not wide, "\n".join(wide)
    mia.check_clean()


def test_back_shows_the_whole_page_again(visits: Visits, shop: Shop):
    """A list that was filtered by typing, another page, and Back."""
    number = shop.order().order_number
    mia = visits(language="en")
    mia.enter(shop.manager())
    page = mia.page
    mia.go("/ops/")
    with page.expect_response(re.compile(r"/ops/\?.*q=")):
        page.locator("#id_q").press_sequentially(number[:6])
    expect(page).to_have_url(re.compile(r"q=MS-"))
    mia.go("/ops/runs/")
    page.go_back()
    expect(page.locator("html[lang=en] body header")).to_be_visible()
    expect(page.locator("#id_q")).to_be_visible()
    mia.check_clean()
