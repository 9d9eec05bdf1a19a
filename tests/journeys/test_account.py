"""A person's own pages: what is agreed to, told and kept, and leaving for good."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import expect

from accounts.models import User
from accounts.tests.factories import PASSWORD
from tests.journeys.conftest import Goods, Visits
from tests.shop import Shop

OWN = (
    "/account/", "/account/profile/", "/account/email/", "/account/phone/", "/account/messages/",
    "/account/data/", "/account/data/export/", "/account/data/erase/", "/help/terms/", "/cart/",
)  # fmt: skip
STAFF = ("/ops/messages/", "/ops/messages/preview/?event=order_ready")


def member(shop: Shop) -> User:
    user = shop.customer()
    user.phone = "+972542234567"
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.mark.parametrize("language", ["he", "en"])
def test_the_pages_read_well_and_errors_leave_when_they_are_put_right(
    visits: Visits, shop: Shop, goods: Goods, language: str
):
    visit, user = visits(language=language, width=390, height=844), member(shop)
    shop.fill(user, {goods.milk: 2, goods.tomatoes: "1.5"})
    user.carts.get().items.update(note="not too ripe")
    visit.enter(user)
    visit.look_at(*OWN)
    if folder := os.environ.get("MAMI_SHOTS"):
        for path in (*OWN, *STAFF):
            if path == STAFF[0]:
                visit.enter(shop.manager())
            for width in (390, 1280):
                visit.page.set_viewport_size({"width": width, "height": 844})
                visit.go(path)
                name = path.strip("/").replace("/", "-").partition("?")[0] or "home"
                visit.page.screenshot(
                    path=f"{folder}/{language}-{name}-{width}.png", full_page=True
                )
    visit.enter(user)
    visit.go("/account/profile/")
    page = visit.page
    name, phone = page.locator("#id_full_name"), page.locator("#id_phone")
    name.fill("")
    phone.fill("12")
    page.locator("main form button.big").click()
    expect(page.locator("#form-errors li")).to_have_count(2)
    phone.press_sequentially("3")
    expect(page.locator("#id_phone-error")).to_be_visible()
    phone.fill("054-223-4567")
    expect(page.locator("#id_phone-error")).to_have_count(0)
    expect(phone).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator("#form-errors li")).to_have_count(1)
    name.fill("Ada")
    expect(page.locator("#form-errors")).to_have_count(0)
    visit.enter(shop.manager())
    visit.look_at(*STAFF)
    visit.check_clean()


def test_erase_and_register_again_without_script(visits: Visits, shop: Shop):
    visit, user = visits(language="en", width=390, height=844, script=False), member(shop)
    visit.enter(user)
    visit.go("/account/data/")
    page = visit.page
    page.get_by_role("link", name="Erase my account").click()
    page.get_by_label("Password now").fill("no")
    page.get_by_role("button", name="Erase it for good").click()
    expect(page.locator("#form-errors")).to_be_visible()
    page.get_by_label("Password now").fill(PASSWORD)
    page.get_by_role("button", name="Erase it for good").click()
    expect(page.get_by_text("Your account is erased")).to_be_visible()
    visit.go("/account/register/")
    page.get_by_label("Full name").fill("Ada")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill("gxkq-4-lemons")
    page.locator("#new button.big").click()
    visit.go("/orders/")
    expect(page.get_by_text("No orders yet")).to_be_visible()
    assert User.objects.get(pk=user.pk).erased_at is not None
    visit.check_clean()
