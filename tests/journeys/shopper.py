"""What a shopper does, step by step, with script and without. Found by role, form or address."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.journeys.conftest import Goods, Visit
from tests.shop import Shop

EMAIL, PASSWORD = "dana@mami.test", "olives and fresh bread"
NAME = {"he": "דנה כהן", "en": "Dana Cohen"}


def choose_language(visit: Visit) -> None:
    """The shop opens in Hebrew; English is one press away and stays."""
    visit.go("/")
    html = visit.page.locator("html")
    if html.get_attribute("lang") != visit.language:
        visit.page.locator(f'button.lang[value="{visit.language}"]').click()
    expect(html).to_have_attribute("lang", visit.language)
    expect(html).to_have_attribute("dir", "rtl" if visit.language == "he" else "ltr")


def search(visit: Visit, text: str) -> None:
    visit.page.locator("#q").fill(text)
    visit.page.locator("#q").press("Enter")
    visit.page.wait_for_url(re.compile(r"/search/\?q="))


def add(visit: Visit, product_id: int, *, times: int = 1) -> None:
    """The plus in the product's card, then the stepper's plus."""
    card = visit.page.locator(f"#product-{product_id}")
    card.locator("button.add").click()
    for done in range(1, times + 1):
        expect(card.locator("form.stepper output")).to_have_text(str(done))
        if done < times:
            card.locator("form.stepper button").last.click()


def count_in_pill(visit: Visit, count: int) -> None:
    """In the header, or in the dock that stands in for it on phones."""
    expect(visit.page.locator(".basket-link:visible .count").first).to_have_text(str(count))


def to_checkout(visit: Visit) -> None:
    """Through the drawer where the header's link opens one, else through the basket's page."""
    page = visit.page
    opens_drawer = visit.has_script and page.locator("#basket-link").is_visible()
    page.locator(".basket-link:visible").first.click()
    if opens_drawer:
        expect(page.locator("#drawer")).to_be_visible()
        page.locator("#drawer a.btn.big").click()
    else:
        page.wait_for_url("**/cart/")
        page.locator("#basket a.btn.big:visible").click()


def register(visit: Visit) -> None:
    """From the sign-in page to an account, and on to where one was going."""
    page = visit.page
    page.wait_for_url("**/account/login/**")
    page.locator("nav.tabs a").nth(1).click()
    page.locator("#id_full_name").fill(NAME[visit.language])
    page.locator("#id_email").fill(EMAIL)
    page.locator("#id_password").fill("123")
    page.locator("form#new button.big").click()
    expect(page.locator("#id_password-error")).to_be_visible()
    expect(page.locator("#id_email")).to_have_value(EMAIL)  # what was typed is still there
    page.locator("#id_password").fill(PASSWORD)
    page.locator("form#new button.big").click()
    page.wait_for_url("**/checkout/")


def fill_address(visit: Visit) -> None:
    visit.page.locator("#id_line1").fill("הרצל 5" if visit.language == "he" else "5 Herzl St")
    visit.page.locator("#id_city").fill("חיפה" if visit.language == "he" else "Haifa")


def choose_window(visit: Visit) -> None:
    """The first open window of the day shown."""
    times = visit.page.locator("#times > summary")
    if times.count() and not visit.page.locator("#slot-grid").is_visible():
        times.click()
    radio = visit.page.locator("#slot-grid input[type=radio]:not([disabled])").first
    radio.check()
    if visit.has_script:
        expect(visit.page.locator("#slot-grid small.free").first).to_be_visible()
        visit.page.wait_for_load_state("networkidle")


def at_checkout(visit: Visit, shop: Shop, goods: Goods) -> None:
    """Somebody signed in, with milk in the basket, who has only to choose a card."""
    ada = shop.customer(card=None, address=False)
    shop.fill(ada, {goods.milk: 1})
    visit.enter(ada)
    visit.go("/checkout/")
    fill_address(visit)
    choose_window(visit)


def choose_card(visit: Visit, token: str) -> None:
    card = visit.page.locator(f"#card-{token}")
    if not card.is_visible():
        visit.page.locator("#other-cards > summary").click()
    card.check()


def down_to_the_button(visit: Visit) -> float:
    """How many pixels of the checkout end with its button."""
    script = "(button) => button.getBoundingClientRect().bottom + scrollY"
    return float(visit.page.locator("#confirm").evaluate(script))


def confirm(visit: Visit) -> None:
    visit.page.locator("#confirm").click()


def order_number(visit: Visit) -> str:
    """The number of the order whose page is open."""
    visit.page.wait_for_url(re.compile(r"/orders/MS-[0-9A-Z]{8}/"))
    found = re.search(r"MS-[0-9A-Z]{8}", visit.page.url)
    assert found
    return found[0]


def shop_and_order(visit: Visit, *, word: str, product_id: int, other_id: int, other: str) -> str:
    """The whole way of a new customer: from the front door to a placed order of two products."""
    choose_language(visit)
    search(visit, word)
    add(visit, product_id, times=2)
    search(visit, other)
    add(visit, other_id)
    count_in_pill(visit, 3)
    to_checkout(visit)
    register(visit)
    fill_address(visit)
    choose_window(visit)
    choose_card(visit, "tok_visa")
    assert down_to_the_button(visit) <= 2400, "a first order on a phone"
    confirm(visit)
    number = order_number(visit)
    count_in_pill(visit, 0)
    return number
