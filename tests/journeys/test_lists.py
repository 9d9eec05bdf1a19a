"""Lists: the heart on a card, a list from its name to the basket, shared with somebody by its link."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import expect

from accounts.models import User
from core import clock
from lists import services
from tests.journeys.conftest import Goods, Visit, Visits
from tests.shop import Shop


def with_lists(shop: Shop, goods: Goods) -> tuple[User, str, str]:
    """Somebody with favourites, a list that is shared, and an invitation to one more."""
    ada, noa = shop.customer(), shop.customer()
    User.objects.filter(pk__in=[ada.pk, noa.pk]).update(email_verified=True)
    ada.refresh_from_db()
    noa.refresh_from_db()
    now = clock.now()
    services.put_favourite(actor=ada, product_id=goods.milk.pk, now=now)
    row = services.create_list(actor=ada, name="קניות של הבית")
    link = services.share_list(actor=ada, list_id=row.pk, now=now)
    services.join_list(actor=noa, token=link.token, now=now)
    gone = shop.product(stock=0)
    put = [(ada, goods.milk, ""), (noa, goods.tomatoes, "לא בשלות מדי"), (noa, gone, "")]
    for who, product, note in put:
        services.put_on_list(actor=who, list_id=row.pk, product_id=product.pk, note=note, now=now)
    hers = services.create_list(actor=noa, name="טיול לצפון")
    token = services.share_list(actor=noa, list_id=hers.pk, now=now).token
    return ada, f"/lists/{row.pk}/", f"/lists/join/{token}/"


def shots(visit: Visit, *paths: str) -> None:
    if folder := os.environ.get("MAMI_SHOTS"):
        for number, path in enumerate(paths):
            for width, scheme in ((390, "light"), (1280, "light"), (390, "dark")):
                visit.page.emulate_media(color_scheme=scheme)
                visit.page.set_viewport_size({"width": width, "height": 844})
                visit.go(path)
                name = f"{visit.language}-lists-{number}-{width}-{scheme}.png"
                visit.page.screenshot(path=f"{folder}/{name}", full_page=True)


@pytest.mark.parametrize("language", ["he", "en"])
def test_the_pages_of_lists_read_well(visits: Visits, shop: Shop, goods: Goods, language: str):
    visit, (ada, one, invitation) = visits(language=language), with_lists(shop, goods)
    shop.fill(ada, {goods.milk: 2})
    visit.enter(ada)
    pages = (
        "/lists/", one, invitation, f"/lists/put/{goods.bread.pk}/", f"/products/{goods.milk.pk}/",
        f"/aisles/{shop.category.slug}/", "/cart/",
    )  # fmt: skip
    visit.look_at(*pages)
    shots(visit, *pages)
    page = visit.page
    visit.go(f"/aisles/{shop.category.slug}/")
    heart = page.locator(f"#heart-{goods.bread.pk}")
    expect(heart).to_have_attribute("aria-pressed", "false")
    heart.click()
    expect(heart).to_have_attribute("aria-pressed", "true")
    visit.go(one)
    more = page.locator("button[id^=list-more-]").first
    more.click()
    expect(page.locator("[id^=list-quantity-]").first).to_have_value("2")
    visit.check_clean()


@pytest.mark.parametrize("language", ["he", "en"])
def test_a_list_without_script(visits: Visits, shop: Shop, goods: Goods, language: str):
    visit, (ada, _one, invitation) = (
        visits(language=language, script=False),
        with_lists(shop, goods),
    )
    visit.enter(ada)
    page = visit.page
    visit.go(f"/aisles/{shop.category.slug}/")
    page.locator(f"#heart-{goods.bread.pk}").click()
    expect(page.locator(f"#heart-{goods.bread.pk}")).to_have_attribute("aria-pressed", "true")
    visit.go(f"/lists/put/{goods.bread.pk}/")
    page.locator("#new-list").fill("שבת")
    page.locator("#new-list").press("Enter")
    expect(page.locator(".bline")).to_have_count(1)
    page.locator("[id^=list-quantity-]").fill("3")
    page.locator("[id^=list-quantity-]").press("Enter")
    expect(page.locator("[id^=list-quantity-]")).to_have_value("3")
    page.locator("form[action$='/buy/'] button").click()
    expect(page.locator(f"#page-quantity-{goods.bread.pk}")).to_have_value("3")
    visit.go(invitation)
    page.locator("main form button.big").click()
    expect(page.locator(".things li")).to_have_count(2)
    visit.check_clean()
