"""Screens that other journeys pass by: what the shop says when things are not as one would like them, the
shop's own pages, and the office's, with rows on them.

With `MAMI_SHOTS=folder` each is photographed in both languages, on a phone and a desk, by day and night.
"""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import expect

from accounts.models import EmailState
from accounts.services import set_consent
from accounts.tests.factories import customer
from core import clock
from core.transactions import write_transaction
from notifications import services
from notifications.models import Message
from notifications.services import NewsData, queue
from notifications.services.enquiries import EnquiryData, ask
from tests.journeys.conftest import SETTLED, Goods, Visit, Visits
from tests.journeys.test_waiting import who_waits
from tests.shop import Shop

OPEN_FOLDS = "() => document.querySelectorAll('main details').forEach((fold) => fold.open = true)"


def shots(visit: Visit, *paths: str, script: str = "") -> None:
    folder = os.environ.get("MAMI_SHOTS")
    for path in paths if folder else ():
        for width in (390, 1280):
            for scheme in ("light", "dark"):
                visit.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                visit.page.set_viewport_size({"width": width, "height": 844})
                visit.go(path)
                if script:
                    visit.page.evaluate(script)
                visit.page.evaluate(SETTLED)
                name = path.strip("/").replace("/", "-").replace("?", "") or "home"
                name = f"{folder}/{name}-{visit.language}-{width}-{scheme}{'-open' if script else ''}.png"
                visit.page.screenshot(path=name, full_page=True)


@pytest.mark.parametrize("language", ["he", "en"])
def test_what_a_customer_seldom_sees(visits: Visits, shop: Shop, goods: Goods, language: str):
    visit, (ada, gone) = visits(language=language), who_waits(shop, goods)
    ada.email_state = EmailState.BOUNCING
    ada.save()
    visit.enter(ada)
    begin = "/en" if language == "en" else ""
    pages = (
        "/account/", "/waiting/", "/checkout/", f"{begin}/products/{gone.pk}/", "/account/data/",
        f"{begin}/aisles/{shop.category.slug}/", f"{begin}/help/contact/", f"{begin}/help/areas/",
        f"{begin}/branches/", f"{begin}/branches/{shop.branch.code}/", f"{begin}/offline/",
        f"{begin}/help/off_session_card/", "/nothing/here/", "/account/messages/",
    )  # fmt: skip
    visit.look_at(*pages)
    shots(visit, *pages)
    for width in (320, 1280):
        visit.page.set_viewport_size({"width": width, "height": 900})
        visit.go("/checkout/")
        visit.page.evaluate(OPEN_FOLDS)
        visit.page.locator("#where-new").check()
        visit.check_accessible()
        visit.check_width()
        visit.check_targets()
    shots(visit, "/checkout/", script=OPEN_FOLDS)
    visit.check_clean()


@pytest.mark.parametrize("language", ["he", "en"])
def test_the_offices_pages_with_rows(visits: Visits, shop: Shop, goods: Goods, language: str):
    who_waits(shop, goods)
    ada, mia, now = customer(email_verified=True), shop.manager(), clock.now()
    set_consent(actor=ada, kind="MARKETING_EMAIL", given=True, now=now)
    for number in (1, 2):
        made = services.write_news(
            actor=mia,
            data=NewsData(
                title_he=f"סוף שבוע של גבינות {number}", title_en=f"A weekend of cheese {number}",
                text_he="כל הגבינות הצהובות\nבעשרה אחוזים פחות.", text_en="All yellow cheese\nfor ten percent less.",
            ),
        )  # fmt: skip
    services.send_news(actor=mia, news_id=made.pk, now=now)
    with write_transaction():
        queue(user_id=ada.pk, kind="account_password_changed", context={}, dedupe_key="seen")
    Message.objects.filter(kind="account_password_changed").update(
        state="FAILED", failure="BAD_NUMBER", attempts=5
    )
    for topic in ("ORDER", "OTHER"):
        data = EnquiryData(
            topic=topic,
            order_number="MS-7QK3ZP4D",
            email="ada@example.com",
            text="איפה ההזמנה שלי?\nתודה",
        )
        ask(actor=ada, data=data, language="he", place="")
    visit = visits(language=language)
    visit.enter(mia)
    pages = (
        "/ops/news/", "/ops/messages/", "/ops/messages/preview/?event=news", "/ops/enquiries/",
        "/ops/waiting/", "/ops/standing/", "/ops/disputes/",
    )  # fmt: skip
    visit.look_at(*pages)
    shots(visit, *pages)
    page = visit.page
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        visit.go("/ops/news/")
        page.locator("[popovertarget=more-nav]:visible").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#more-nav")).to_be_visible()
        visit.check_accessible()
        visit.check_width()
        visit.check_targets()
        if folder := os.environ.get("MAMI_SHOTS"):
            page.screenshot(path=f"{folder}/more-{language}-{width}.png")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**/ops/standing/")
    visit.check_clean()


@pytest.mark.parametrize(("language", "script"), [("he", True), ("en", False)])
def test_a_letter_of_offers_by_keyboard(
    visits: Visits, shop: Shop, goods: Goods, language: str, script: bool
):
    """Written, refused where a text is missing with the rest still there, kept, and sent."""
    visit = visits(language=language, width=390, height=844, script=script)
    visit.enter(shop.manager())
    visit.go("/ops/news/")
    page = visit.page
    page.locator("#id_title_he").focus()
    for number, text in enumerate(("גבינות", "שורה ראשונה", "Cheese", "")):
        if number:
            page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#id_text_en-error")).to_be_visible()
    expect(page.locator("#id_text_he")).to_have_value("שורה ראשונה")
    page.locator("#id_text_en").focus()
    page.keyboard.type("One line")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    send = page.locator("form[action$='/send/'] button")
    expect(send).to_have_count(1)
    send.focus()
    page.keyboard.press("Enter")
    expect(send).to_have_count(0)
    visit.check_accessible()
    visit.check_clean()
