"""What shoppers asked for and did not get becomes a synonym in the office, and the next one finds it."""

from __future__ import annotations

from playwright.sync_api import expect

from core import clock
from core.clock import shop_date
from search import querylog
from search.documents import index_products
from search.models import SearchQueryLog
from tests.journeys.conftest import Goods, Visits
from tests.shop import Shop

LOG = "/admin/search/searchquerylog/"


def test_a_missed_text_is_made_a_synonym_by_keyboard(
    visits: Visits, shop: Shop, goods: Goods
) -> None:
    index_products([goods.milk.pk, goods.bread.pk])
    querylog.flush()  # what other journeys looked for in this process
    SearchQueryLog.objects.all().delete()
    shopper = visits(language="en")
    shopper.go("/search/?q=lechelo")
    expect(shopper.page.locator("#none-h")).to_contain_text("lechelo")
    querylog.flush()
    manager = visits(language="en")
    manager.enter(shop.manager())
    page = manager.page
    manager.go(LOG)
    page.get_by_label("“lechelo” means the same as").focus()
    page.keyboard.type("milk")
    page.keyboard.press("Enter")
    expect(page.locator(".notice.good")).to_contain_text("“lechelo” finds")
    expect(page.get_by_label("“lechelo” means the same as")).to_have_count(0)
    manager.check_clean()
    shopper.go("/search/?q=lechelo")
    expect(shopper.page.locator(f"#product-{goods.milk.pk}")).to_be_visible()
    shopper.check_clean()


def test_without_javascript_a_rule_is_made_of_a_missed_text(
    visits: Visits, shop: Shop, goods: Goods
) -> None:
    querylog.flush()  # what other journeys looked for in this process
    SearchQueryLog.objects.all().delete()
    visits(language="he").go("/search/?q=lechelo")
    querylog.flush()
    manager = visits(language="he", script=False)
    manager.enter(shop.manager())
    page = manager.page
    manager.go(LOG)
    page.locator("a[href*='add/?words=lechelo']").click()
    expect(page.locator("#id_words")).to_have_value("lechelo")
    page.fill("#id_words", "lechelo\nחלב")
    page.locator("[name=_save]").click()
    expect(page).to_have_url(manager.url + LOG)
    manager.check_clean()


def test_search_in_the_office_is_accessible(visits: Visits, shop: Shop, goods: Goods) -> None:
    for text in ("lechelo", "חלב"):
        SearchQueryLog.objects.create(
            day=shop_date(clock.now()), text=text, key=text, language="he", searches=3, results=0,
            status="NOTHING", last_at=clock.now(),
        )  # fmt: skip
    rules = "/admin/search/searchrule/"
    pages = (
        f"{LOG}?show=all", f"{rules}try/?q=2 ליטר חלב qwzxkvj", f"{rules}add/?words=lechelo", rules,
    )  # fmt: skip
    for language in ("he", "en"):
        manager = visits(language=language)
        manager.enter(shop.manager())
        manager.look_at(*pages)
        manager.check_clean()
