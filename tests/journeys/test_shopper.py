"""From the front door to a placed order, in a real browser."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from branches.models import DeliverySlot
from orders.models import Order
from tests.journeys import shopper
from tests.journeys.conftest import Goods, Visits
from tests.shop import Shop

WORDS = {"he": ("חלב", "לחם"), "en": ("milk", "bread")}


def test_a_new_customer_orders_on_a_phone_without_script(visits: Visits, goods: Goods):
    """On other screens the staff's journeys begin with this."""
    visit = visits(language="en", width=390, height=844, script=False)
    word, other = WORDS["en"]
    number = shopper.shop_and_order(
        visit, word=word, product_id=goods.milk.pk, other_id=goods.bread.pk, other=other
    )
    assert Order.objects.get(order_number=number).total_amount == Decimal("54.40")
    visit.check_clean()


def test_to_the_bank_and_back(visits: Visits, shop: Shop, goods: Goods, settings: Any):
    visit = visits(language="he", width=390)
    settings.SITE_URL = visit.url
    shopper.at_checkout(visit, shop, goods)
    shopper.choose_card(visit, "tok_3ds")
    shopper.confirm(visit)
    expect(visit.page.locator("#bank-h")).to_be_focused()
    visit.check_accessible()
    visit.page.get_by_role("link", name="אישור בבנק").click()
    expect(visit.page.get_by_role("button", name="כן, זה אני")).to_be_visible()
    visit.check_width()
    visit.check_accessible()
    visit.page.get_by_role("button", name="כן, זה אני").click()
    expect(visit.page).to_have_url(re.compile(r"/orders/MS-"))
    assert Order.objects.get().payment.state == "AUTHORIZED"
    visit.check_clean()


@pytest.mark.parametrize("language", ["he", "en"])
def test_mistakes_leave_the_checkout_one_by_one(
    visits: Visits, shop: Shop, goods: Goods, language: str
):
    """Each with its line in the summary; a fold with one in it opens, and says what stands in it."""
    ada = shop.customer(card=None, address=False)
    shop.fill(ada, {goods.milk: 1})
    visit = visits(language=language, width=390, height=844)
    visit.enter(ada)
    visit.go("/checkout/")
    page = visit.page
    door = page.locator("#door")
    door.locator("summary").focus()
    page.keyboard.press("Enter")
    page.locator("#id_notes").fill("ripe\u202e")
    door.locator("summary").click()
    expect(door.locator(".said")).to_contain_text("ripe")
    shopper.confirm(visit)
    expect(page.locator("#refusals li")).to_have_count(4)
    expect(page.locator("#refusals")).to_be_focused()
    expect(page.locator("#id_notes-error")).to_be_visible()
    visit.check_accessible()
    shopper.fill_address(visit)
    expect(page.locator("#where .error")).to_have_count(0)
    expect(page.locator("#where")).not_to_have_class(re.compile("wrong"))
    expect(page.locator("#refusals li")).to_have_count(2)
    shopper.choose_window(visit)
    expect(page.locator("#refusals li")).to_have_count(1)
    page.locator("#id_notes").fill("ripe")
    expect(page.locator("#refusals")).to_have_count(0)
    door.locator("summary").click()
    shopper.choose_card(visit, "tok_declined")
    shopper.confirm(visit)
    expect(page.locator("#pay-error")).to_be_visible()
    shopper.choose_card(visit, "tok_visa")
    expect(page.locator("#pay-error")).to_have_count(0)
    expect(page.locator("#refusals")).to_have_count(0)
    shopper.confirm(visit)
    shopper.order_number(visit)
    visit.check_clean()


def test_declined_then_paid(visits: Visits, shop: Shop, goods: Goods):
    visit = visits(language="en")
    shopper.at_checkout(visit, shop, goods)
    shopper.choose_card(visit, "tok_declined")
    shopper.confirm(visit)
    expect(visit.page.locator("#refusals")).to_be_focused()
    expect(visit.page.locator("#pay-error")).to_contain_text("Nothing was charged")
    expect(visit.page.locator("#id_line1")).to_have_value("5 Herzl St")
    expect(visit.page.locator("#card-tok_declined")).to_be_checked()
    visit.check_accessible()
    shopper.choose_card(visit, "tok_visa")
    shopper.confirm(visit)
    shopper.order_number(visit)
    assert Order.objects.count() == 1
    visit.check_clean()


def test_two_quick_presses_are_one_order(visits: Visits, shop: Shop, goods: Goods):
    visit = visits(language="he")
    shopper.at_checkout(visit, shop, goods)
    shopper.choose_card(visit, "tok_visa")
    visit.page.locator("#confirm").dblclick()
    shopper.order_number(visit)
    visit.page.go_back()
    visit.page.reload()
    assert Order.objects.count() == 1


def test_keyboard_alone_fills_the_basket_and_focus_stays(visits: Visits, goods: Goods):
    visit = visits(language="en")
    shopper.choose_language(visit)
    shopper.search(visit, "milk")
    plus = visit.page.locator(f"#product-{goods.milk.pk} button.add")
    plus.focus()
    visit.page.keyboard.press("Enter")
    more = visit.page.get_by_role("button", name="One more: Fresh milk 3%")
    expect(more).to_be_focused()
    visit.page.keyboard.press("Enter")
    shopper.count_in_pill(visit, 2)
    expect(more).to_be_focused()
    visit.page.keyboard.press("Shift+Tab")
    visit.page.keyboard.press("Enter")
    remove = visit.page.get_by_role("button", name="Remove from the basket: Fresh milk 3%")
    expect(remove).to_be_focused()
    visit.page.keyboard.press("Enter")
    shopper.count_in_pill(visit, 0)
    expect(visit.page.get_by_role("button", name="Add to basket: Fresh milk 3%")).to_be_focused()


def test_the_drawer_keeps_and_returns_focus(visits: Visits, goods: Goods):
    visit = visits(language="en")
    shopper.choose_language(visit)
    shopper.search(visit, "milk")
    shopper.add(visit, goods.milk.pk)
    visit.page.locator("#basket-link").focus()
    visit.page.keyboard.press("Enter")
    drawer = visit.page.locator("#drawer")
    expect(drawer).to_be_visible()
    visit.check_accessible()
    drawer.get_by_role("button", name="Remove from the basket: Fresh milk 3%").click()
    expect(drawer.get_by_role("button", name="Undo")).to_be_focused()
    visit.page.keyboard.press("Enter")
    shopper.count_in_pill(visit, 1)
    visit.page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(visit.page.locator("#basket-link")).to_be_focused()
    visit.check_clean()


def test_short_stock_is_said_at_once(visits: Visits, goods: Goods):
    visit = visits(language="he", width=390, height=844)
    shopper.choose_language(visit)
    shopper.search(visit, WORDS["he"][1])
    shopper.add(visit, goods.bread.pk, times=3)
    card = visit.page.locator(f"#product-{goods.bread.pk}")
    card.locator("form.stepper button").last.click()
    expect(visit.page.locator("#toasts")).to_contain_text("נשארו 3, הוספנו 3")
    expect(card.locator("output")).to_have_text("3")


def test_forty_lines_on_a_phone(visits: Visits, shop: Shop):
    """Sum and checkout stay in sight, nothing lies under them, and a number can be typed."""
    ada = shop.customer()
    for hour in (6, 8, 14, 16, 18, 20):  # as many windows as a day has
        DeliverySlot.objects.create(
            branch=shop.warehouse, day_of_week=shop.slot.day_of_week, capacity=9,
            start_time=dt.time(hour), end_time=dt.time(hour + 2),
        )  # fmt: skip
    shop.fill(ada, {shop.product(): 2 for _ in range(40)})
    User.objects.filter(pk=ada.pk).update(documents_consent=False)  # asked at her first order
    visit = visits(language="he", width=390, height=844)
    visit.enter(ada)
    visit.go("/cart/")
    page = visit.page
    to_checkout = page.locator(".paybar a")
    expect(to_checkout).to_be_in_viewport(ratio=1)
    expect(page.locator(".paybar .price")).to_contain_text("800")
    goods_and_sums = page.locator("main").bounding_box()
    assert goods_and_sums is not None
    assert goods_and_sums["height"] <= 3600  # 80 px a line, and what stands around them
    page.locator(".stepper input").last.fill("3")
    page.locator(".stepper input").last.press("Enter")
    expect(page.locator(".paybar .price")).to_contain_text("810")
    page.locator(".foot a").last.scroll_into_view_if_needed()
    expect(to_checkout).to_be_in_viewport(ratio=1)
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    bar = to_checkout.bounding_box()
    last = page.locator(".foot a").last.bounding_box()
    assert bar is not None
    assert last is not None
    assert last["y"] + last["height"] <= bar["y"]
    to_checkout.click()
    page.wait_for_url("**/checkout/")
    # Window, sum and button of somebody who was here before are not far down.
    assert shopper.down_to_the_button(visit) <= 1300
    visit.check_clean()


@pytest.mark.parametrize("card", ["tok_visa", None])
def test_who_was_here_before_is_quickly_through(
    visits: Visits, shop: Shop, goods: Goods, card: str | None
):
    """Window, sum and button within 1,300 px, with a kept card and without one."""
    ada = shop.customer(card=card)
    User.objects.filter(pk=ada.pk).update(documents_consent=False, phone="+972542234567")
    for hour in (6, 8, 14, 16, 18, 20):  # as many windows as a day has
        DeliverySlot.objects.create(
            branch=shop.warehouse, day_of_week=shop.slot.day_of_week, capacity=9,
            start_time=dt.time(hour), end_time=dt.time(hour + 2),
        )  # fmt: skip
    shop.fill(ada, {goods.milk: 2})
    visit = visits(language="he", width=390, height=844)
    visit.enter(ada)
    visit.go("/checkout/")
    assert shopper.down_to_the_button(visit) <= 1300
    times = visit.page.locator("#times")
    if times.count():
        times.locator("summary").click()
        times.locator("input[type=radio]:not([disabled])").last.check()
        expect(times.locator("summary .said")).to_have_text("שינוי")
    visit.check_clean()


@pytest.mark.parametrize("language", ["he", "en"])
def test_every_page_of_a_customer_is_accessible(
    visits: Visits, shop: Shop, goods: Goods, language: str
):
    ada = shop.customer()
    order = shop.order(ada, {goods.milk: 2})
    shop.fill(ada, {goods.milk: 2, goods.bread: 9, goods.tomatoes: "1.5"})
    visit = visits(language=language)
    visit.enter(ada)
    visit.look_at(
        "/cart/", "/checkout/", "/orders/", f"/orders/{order.order_number}/", "/account/",
        "/account/addresses/", "/account/addresses/add/", "/account/cards/", "/account/profile/",
        "/account/password/", "/account/second-factor/", "/saved/",
        f"/orders/{order.order_number}/change/",
    )  # fmt: skip
    visit.context.clear_cookies(name=visit.cookie("sessionid"))
    visit.look_at("/account/login/", "/account/register/", "/account/forgot/", "/cart/")
    visit.check_clean()
