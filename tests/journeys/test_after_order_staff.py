"""After the button, for staff: every step of money and goods by keyboard alone, with script and without.

With `MAMI_SHOTS=folder` the pages of an order in each of its states are photographed too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.apps import apps
from playwright.sync_api import expect

from core import clock
from orders import services
from orders.change_models import OrderQuestion
from orders.models import Order
from orders.services import RefundRequest
from orders.tests.holds import payment
from orders.tests.test_transitions import picked
from payments.services import sync_disputes
from tests.hostile_input.after_order import aftermath
from tests.hostile_input.after_order_calls import EVERY
from tests.journeys.conftest import Goods, Visit, Visits
from tests.journeys.test_screens import shots
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


@on_both
def test_a_customer_by_keyboard(visits: Visits, shop: Shop, goods: Goods, screen: Screen) -> None:
    """Found, ordered for on the phone, the order changed, and asked what shall come instead."""
    ada, mia = shop.customer(), shop.manager()
    visit = screen(visits)
    keys = Keys(visit)
    visit.enter(mia)
    visit.go("/ops/customers/")
    keys.send("main #id_q", ada.email)
    keys.press(f'main a[href="/ops/customers/{ada.pk}/"]')
    visit.check_accessible()
    keys.press(f'a[href="/ops/customers/{ada.pk}/order/"]')
    name = goods.milk.name_he if visit.language == "he" else goods.milk.name_en
    keys.send("main #id_q", name)
    keys.press(f'button[name="add"][value="{goods.milk.pk}"]')
    keys.write(f"#line-{goods.milk.pk}", "2")
    for name in ("slot", "card"):
        keys.reach(f"#id_{name}")
        visit.page.keyboard.press("ArrowDown")
    keys.open('input[name="consent"]')
    keys.press('button.wide[name="look"]')
    seen(visit, "aside dl", "44.40")
    assert not Order.objects.exists()
    keys.press('button[name="confirm"]')
    seen(visit, ".notice.good")
    order = Order.objects.get(user=ada)
    here = f"/ops/orders/{order.order_number}/"
    assert (order.placed_by, payment(order).authorized) == (mia, Decimal("44.40"))
    line = order.items.get()
    keys.press(f'a[href="{here}change/"]')
    keys.reach(f"#more-quantity_{line.pk}")
    with visit.page.expect_response("**/change/"):
        visit.page.keyboard.press("Enter")
    seen(visit, "#sum", "51.60")
    expect(visit.page.locator(f"#more-quantity_{line.pk}")).to_be_focused()
    keys.write("#id_reason", "By phone")
    with visit.page.expect_response("**/change/"):
        visit.page.keyboard.press("Enter")
    keys.press('button[name="confirm"]')
    visit.check_accessible()
    assert payment(order).authorized == Decimal("51.60")
    line.refresh_from_db()
    line.substitution = "CALL_ME"
    line.save(update_fields=["substitution"])
    services.claim_order(actor=mia, order_id=order.pk, now=clock.now())
    visit.go(f"{here}items/{line.pk}/swap/")
    visit.check_accessible()
    keys.press("#swap-ask")
    visit.go(here)
    seen(visit, "h1 ~ p .badge.warn")
    question = OrderQuestion.objects.get()
    assert (question.status, list(question.offers.values_list("product", flat=True))) == (
        "OPEN", [goods.bread.pk],
    )  # fmt: skip
    visit.check_clean()


@pytest.mark.parametrize(("language", "turn"), [("he", 0), ("en", 1)])
def test_an_order_in_each_of_its_states(
    visits: Visits, shop: Shop, language: str, turn: int
) -> None:
    """And the pages beside it: what was given back, what was reported and contested, who it was. Each in one
    of the languages; `make test-every` looks at each in both.
    """
    of = aftermath(shop)
    numbers = {state: order.order_number for state, order in of.orders.items()}
    some = RefundRequest(amount=Decimal("5.00"), reason_code="OTHER", reason="Late")
    services.refund(actor=of.mia, order_id=of.orders["delivered"].pk, request=some, key="k",
                    now=clock.now())  # fmt: skip
    services.write_note(actor=of.mia, order_id=of.orders["out"].pk, text="Rings twice",
                        now=clock.now())  # fmt: skip
    pages = [f"/ops/orders/{number}/?{state}" for state, number in numbers.items()] + [
        f"/ops/orders/{numbers['delivered']}/refund/",
        f"/ops/problems/{of.ids['problem_id']}/",
        f"/ops/disputes/{of.ids['dispute_id']}/",
        f"/ops/customers/{of.ada.pk}/",
    ]
    if EVERY > 1:
        pages = pages[turn::2]
    visit = visits(language=language)
    visit.enter(of.mia)
    visit.look_at(*pages)
    shots(visit, *pages)
    visit.check_clean()
