"""A manager's morning in the office, in a real browser."""

from __future__ import annotations

import re
from decimal import Decimal

from django.db.models import F
from playwright.sync_api import expect

from inventory import services
from inventory.models import Stock, StockImport
from tests.journeys.conftest import Goods, Visit, Visits
from tests.shop import Shop


def look(visit: Visit) -> None:
    visit.check_accessible()
    visit.check_width()
    visit.check_targets()


def test_a_managers_morning(visits: Visits, shop: Shop, goods: Goods):
    """A number leads to its list, a file of counts is tried, a shelf is counted, the trail tells
    of both counts, and the coming week shows what is taken."""
    shop.order(quantities={goods.milk: 3})
    bread = Stock.objects.filter(product=goods.bread, branch=shop.warehouse)
    bread.update(reorder_point=F("on_hand"))
    mia = visits(language="en")
    mia.enter(shop.manager())
    page = mia.page

    mia.go("/admin/")
    look(mia)
    low = page.get_by_role("link", name=re.compile("Shelves running low"))
    expect(low).to_contain_text("1")
    low.click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("Country bread")
    look(mia)

    mia.go("/admin/inventory/stock/import/")
    text = f"sku,on_hand\n{goods.milk.sku},80\nnothing,1\n"
    file = {"name": "counts.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    page.locator("#id_branch").select_option(str(shop.warehouse.pk))
    page.get_by_role("button", name="Check the file").click()
    expect(page.locator("#imported")).to_contain_text("being checked")
    services.check_counts(import_id=StockImport.objects.get().pk)
    expect(page.locator("#imported")).to_contain_text(
        "2 rows, 1 with a problem. Nothing was changed"
    )
    expect(page.locator("#imported table")).to_contain_text("nothing")
    assert shop.stock(goods.milk)[0] == 100
    look(mia)

    row = Stock.objects.get(product=goods.milk, branch=shop.warehouse)
    mia.go(f"/admin/inventory/stock/{row.pk}/change/")
    look(mia)
    page.locator("#id_on_hand").fill("98")
    page.locator("#id_reason").fill("Counted by hand")
    page.locator("input[name=_continue]").click()
    expect(page.locator(".messagelist")).to_be_visible()
    assert shop.stock(goods.milk) == (Decimal(98), Decimal(3))

    page.locator(".historylink").click()
    told = page.locator("tbody tr").first
    expect(told.locator("del")).to_contain_text("100")
    expect(told.locator("ins")).to_contain_text("98")
    expect(told).to_contain_text("Counted by hand")
    look(mia)

    page.get_by_role("link", name="Windows").click()
    expect(page.locator(".board a.load b", has_text="49")).to_have_count(1)
    look(mia)
    mia.check_clean()
