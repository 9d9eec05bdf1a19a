"""After the button, for staff: every step of money and goods by keyboard alone, with script and without."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.apps import apps
from playwright.sync_api import expect

from core import clock
from orders.models import Order
from orders.tests.holds import payment
from orders.tests.test_transitions import picked
from payments.services import sync_disputes
from tests.journeys.conftest import Goods, Visit, Visits
from tests.shop import Shop

MOST_TABS = 90
Screen = Callable[[Visits], Visit]


def phone(visits: Visits) -> Visit:
    """In Hebrew, without script."""
    return visits(language="he", width=390, height=844, script=False)


def desk(visits: Visits) -> Visit:
    """In English, with script."""
    return visits(language="en")


on_both = pytest.mark.parametrize("screen", [phone, desk])


class Keys:
    """Somebody who never touches a mouse."""

    def __init__(self, visit: Visit) -> None:
        self.visit, self.page = visit, visit.page

    def reach(self, selector: str) -> None:
        """Tab until it has the focus."""
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            if self.page.locator(selector).and_(self.page.locator(":focus")).count():
                return
        pytest.fail(f"{self.page.url}: no key leads to {selector}")

    def press(self, selector: str, key: str = "Enter") -> None:
        """Go there and press; what answers is a new page."""
        self.reach(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    def write(self, selector: str, text: str) -> None:
        self.reach(selector)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def send(self, selector: str, text: str) -> None:
        """Write, and press Enter in that field."""
        self.write(selector, text)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def open(self, selector: str) -> None:
        """A fold, or a tick."""
        self.reach(selector)
        self.page.keyboard.press("Space")


def seen(visit: Visit, selector: str, words: str = "") -> None:
    expect(visit.page.locator(selector).first).to_contain_text(words)
    visit.check_accessible()


def unpaid(order: Order) -> None:
    """Its hold is gone and its customer was told."""
    rows = apps.get_model("payments", "Payment").objects.filter(pk=order.payment_id)
    rows.update(state="UNPAID", failure="expired", asked_at=None)
    rows.update(pay_until=clock.now() + dt.timedelta(hours=3))


@on_both
def test_money_by_keyboard(visits: Visits, shop: Shop, goods: Goods, screen: Screen) -> None:
    """Asked for again, charged, something handed back at the door, given back by line, contested."""
    ada, mia = shop.customer(card="tok_disputed_now"), shop.manager()
    order = shop.order(ada, {goods.milk: 3, goods.bread: 1})
    milk = order.items.get(product=goods.milk)
    shop.sandbox.ledger.expire(order_number=order.order_number)
    unpaid(order)
    visit = screen(visits)
    keys, here = Keys(visit), f"/ops/orders/{order.order_number}/"
    visit.enter(mia)
    visit.go(here)
    keys.press(f'form[action="{here}request-payment/"] button')
    seen(visit, ".notice.good")
    assert payment(order).state == "AUTHORIZED"  # on the card that its customer saved
    picked(shop, order)
    visit.go(here)
    keys.press('button[name="status"][value="OUT_FOR_DELIVERY"]')
    visit.check_accessible()
    keys.write("#door-note", "12")
    keys.open(f"details:has(#returned-{milk.pk}) > summary")
    keys.send(f"#returned-{milk.pk}", "9")
    seen(visit, ".notice.bad, .error")
    expect(visit.page.locator(f"#returned-{milk.pk}")).to_have_value("9")
    keys.send(f"#returned-{milk.pk}", "1")
    seen(visit, "#refunds-h + ul", "7.20")
    keys.press(f'a[href="{here}refund/"]')
    keys.write(f'input[name="quantity_{milk.pk}"]', "1")
    keys.press("#refund-form button.wide")
    seen(visit, "aside", "7.20")
    assert payment(order).refunded == Decimal("7.20")
    keys.press("aside button.big")
    seen(visit, ".notice.good")
    assert payment(order).refunded == Decimal("14.40")
    sync_disputes(now=clock.now())
    visit.go("/ops/disputes/")
    keys.press('main a[href^="/ops/disputes/"]:not([href*="?"])')
    visit.check_accessible()
    keys.write("#id_text", "They got it.")
    keys.open('input[name="include"]')
    keys.press("#answer-form button")
    seen(visit, "aside", "They got it.")
    keys.press('form:has(input[name="confirm"]) button')
    visit.check_accessible()
    found = apps.get_model("payments", "Dispute").objects.get(payment=order.payment_id)
    assert (found.status, found.answer_text) == ("ANSWERED", "They got it.")
    visit.check_clean()
