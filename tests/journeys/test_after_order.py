"""After the button: change an order, pay it again, answer a question, report what was wrong, refund."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.apps import apps
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Page, expect

from checkout.requests import ChangeLine, ChangeRequest
from checkout.services import propose_change
from core import clock
from orders import services
from orders.change_models import OrderQuestion
from orders.models import Order
from orders.tests.holds import payment
from orders.tests.test_delivering import picture
from orders.tests.test_refunding import left
from orders.tests.test_transitions import move
from search.documents import index_products
from tests.journeys.conftest import Goods, Visit, Visits
from tests.shop import Shop


def phone(visits: Visits) -> Visit:
    """In Hebrew, without script."""
    return visits(language="he", width=390, height=844, script=False)


def desk(visits: Visits) -> Visit:
    """In English, with script."""
    return visits(language="en")


CLOSED = "This question is closed: it was answered, or the time to answer is over."
Screen = Callable[[Visits], Visit]
on_both = pytest.mark.parametrize("screen", [phone, desk])


def says(visit: Visit, words: str) -> str:
    """The words as the visit's pages say them."""
    with translation.override(visit.language):
        return gettext(words)


@on_both
def test_change_then_report(visits: Visits, shop: Shop, goods: Goods, screen: Screen) -> None:
    order = shop.order(quantities={goods.milk: 2})
    line = order.items.get()
    visit = screen(visits)
    page = visit.page
    visit.enter(order.user)
    visit.go(f"/orders/{order.order_number}/")
    page.locator(f'#order-heading a[href="/orders/{order.order_number}/change/"]').click()
    page.locator(f"#more-quantity_{line.pk}").click()
    expect(page.locator(f"#more-quantity_{line.pk}")).to_be_focused()
    expect(page.locator("#sum")).to_contain_text("51.60")
    page.locator('button[name="confirm"]').click()
    page.wait_for_url(f"**/orders/{order.order_number}/")
    order.refresh_from_db()
    assert (order.total_amount, payment(order).authorized) == (Decimal("51.60"),) * 2
    left(shop, order)
    move(shop.manager(), order, "DELIVERED")
    visit.go(f"/orders/{order.order_number}/")
    page.locator("#order-wrong").click()
    expect(page.locator(f'input[name="kind_{line.pk}"]').first).to_be_hidden()
    page.locator(f'input[name="item"][value="{line.pk}"]').check()
    page.locator(f'input[name="kind_{line.pk}"][value="DAMAGED"]').check(force=True)
    page.locator(f'input[name="quantity_{line.pk}"]').fill("1")
    photo = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": picture((640, 480)).read()}
    page.locator(f'input[name="photo_{line.pk}"]').set_input_files(photo)  # type: ignore[arg-type]
    page.locator("#problem-form button.big").click()
    page.wait_for_url(re.compile(r"/problems/[0-9]+/"))
    expect(page.locator("#problem-h")).to_contain_text("7.20")
    assert payment(order).refunded == Decimal("7.20")
    visit.check_clean()


@on_both
def test_a_lost_hold_is_paid_with_another_card(
    visits: Visits, shop: Shop, goods: Goods, screen: Screen
) -> None:
    order = shop.order(quantities={goods.milk: 2})
    shop.sandbox.ledger.expire(order_number=order.order_number)
    rows = apps.get_model("payments", "Payment").objects.filter(pk=order.payment_id)
    rows.update(hold_expires_at=clock.now())
    services.keep_held(now=clock.now())
    visit = screen(visits)
    page = visit.page
    visit.enter(order.user)
    visit.go(f"/orders/{order.order_number}/")
    expect(page.locator("h1")).to_contain_text(says(visit, "We could not hold the money"))
    _check(visit)
    page.locator(f'#order-heading a[href="/orders/{order.order_number}/pay/"]').click()
    page.locator("#other-cards summary").click()
    page.locator("#card-tok_mastercard").check()
    page.locator("#pay-now").click()
    page.wait_for_url(f"**/orders/{order.order_number}/")
    assert (payment(order).state, payment(order).brand) == ("AUTHORIZED", "mastercard")
    if visit.has_script:
        _change_by_keys(page, visit, order)
    visit.check_clean()


def _check(visit: Visit) -> None:
    """What looks at a page is a script itself."""
    if visit.has_script:
        visit.check_accessible()


def _change_by_keys(page: Page, visit: Visit, order: Order) -> None:
    """One more and one less with the keyboard: the sum follows, and the focus stays."""
    line = order.items.get()
    visit.go(f"/orders/{order.order_number}/change/")
    more, less = (page.locator(f"#{how}-quantity_{line.pk}") for how in ("more", "less"))
    more.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".paybar")).to_contain_text("+₪7.20")
    expect(more).to_be_focused()
    for _ in range(3):
        less.focus()
        with page.expect_response("**/change/"):
            page.keyboard.press("Space")
    back = page.locator(f"#back-quantity_{line.pk}")
    expect(back).to_be_visible()
    visit.check_accessible()
    back.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".paybar")).to_contain_text("Nothing is changed yet")
    expect(page.locator('button[name="confirm"]')).to_have_count(0)


@on_both
def test_a_question_in_time_and_too_late_then_a_refund_by_line(
    visits: Visits, shop: Shop, goods: Goods, screen: Screen
) -> None:
    """The customer, then a manager."""
    order = shop.order(quantities={goods.milk: 2, goods.bread: 1})
    instead = shop.product(name_he="חלב אחר", name_en="Other milk", price=Decimal("7.00"))
    other = shop.product(name_he="לחם אחר", name_en="Other bread", price=Decimal("9.00"))
    mia = shop.manager()
    services.claim_order(actor=mia, order_id=order.pk, now=clock.now())
    for item, offered in zip(order.items.order_by("pk"), (instead, other), strict=True):
        item.substitution = "CALL_ME"
        item.save(update_fields=["substitution"])
        services.ask_customer(actor=mia, order_id=order.pk, item_id=item.pk, now=clock.now(),
                              product_ids=[offered.pk])  # fmt: skip
    first, second = OrderQuestion.objects.order_by("pk")
    visit = screen(visits)
    page = visit.page
    visit.enter(order.user)
    visit.go(f"/orders/{order.order_number}/")
    _check(visit)
    page.locator(f'form[action$="/questions/{first.pk}/"] button').first.click()
    expect(page.locator(".notice.good")).to_be_visible()
    OrderQuestion.objects.filter(pk=second.pk).update(
        answer_until=clock.now() - dt.timedelta(seconds=1)
    )
    page.locator(f'form[action$="/questions/{second.pk}/"] button').first.click()
    expect(page.locator(".notice.bad")).to_contain_text(says(visit, CLOSED))
    assert list(OrderQuestion.objects.order_by("pk").values_list("status", flat=True)) == [
        "ACCEPTED", "OPEN",
    ]  # fmt: skip
    services.expire_questions(now=clock.now())
    _leave(shop, order)
    line = order.items.get(product=instead)
    visit.enter(shop.manager())
    visit.go(f"/ops/orders/{order.order_number}/refund/")
    page.locator(f'input[name="quantity_{line.pk}"]').fill("1")
    page.locator("#refund-form button.wide").click()
    expect(page.locator("aside")).to_contain_text("7.00")
    assert payment(order).refunded == 0
    page.locator("aside button.big").click()
    expect(page.locator(".notice.good")).to_be_visible()
    assert payment(order).refunded == Decimal("7.00")
    _check(visit)
    visit.check_clean()


def test_a_missing_item_another_one_and_a_change_to_agree_to(
    visits: Visits, shop: Shop, goods: Goods
) -> None:
    """On a Hebrew phone without script: what is missing is replaced by something the customer looks
    for, then a change that staff propose is looked at and paid."""
    order = shop.order(
        shop.customer(card=None),
        {goods.milk: 2, goods.bread: 1},
        shop.request(payment=shop.raw_card("tok_visa")),
    )
    other = shop.product(name_he="חלב אחר", name_en="Other milk", price=Decimal("7.00"))
    index_products([other.pk])
    mia = shop.manager()
    services.claim_order(actor=mia, order_id=order.pk, now=clock.now())
    missing = order.items.get(product=goods.milk)
    missing.substitution = "CALL_ME"
    missing.save(update_fields=["substitution"])
    services.pick_item(actor=mia, order_id=order.pk, item_id=missing.pk, now=clock.now(),
                       picked_status="MISSING")  # fmt: skip
    services.ask_customer(actor=mia, order_id=order.pk, item_id=missing.pk, now=clock.now())
    visit = visits(language="he", width=390, height=844, script=False)
    page = visit.page
    visit.enter(order.user)
    visit.go(f"/orders/{order.order_number}/")
    page.locator('a[href$="/another/"]').click()
    page.locator("#another-q").fill("חלב אחר")
    page.locator("#another-q").press("Enter")
    page.locator(f'button[name="product"][value="{other.pk}"]').click()
    page.wait_for_url(f"**/orders/{order.order_number}/")
    assert order.items.get(product=other).substitute_for_id == missing.pk
    wanted = ChangeLine(product_id=goods.bread.pk, quantity=Decimal(3))
    kept = ChangeLine(product_id=goods.milk.pk, quantity=Decimal(2))
    order.refresh_from_db()
    question = propose_change(
        actor=mia,
        order_id=order.pk,
        request=ChangeRequest(
            lines=(kept, wanted), delivery_slot_id=shop.later_slot.pk, delivery_date=shop.date,
            expected_version=order.version, expected_total=order.total_amount + 20,
            reason="ביקשתם בטלפון",
        ),
        now=clock.now(),
    )  # fmt: skip
    visit.go(f"/orders/{order.order_number}/")
    page.locator(f'a[href$="/agree/{question.pk}/"]').click()
    expect(page.locator("#agree")).to_contain_text("12:00–14:00")
    page.locator("#id_card").select_option("token:tok_visa")
    page.locator('#agree button[name="confirm"]').click()
    page.wait_for_url(f"**/orders/{order.order_number}/")
    question.refresh_from_db()
    order.refresh_from_db()
    assert question.status == "ACCEPTED"
    assert order.dated_slot is not None
    assert order.dated_slot.slot == shop.later_slot
    assert payment(order).authorized == order.total_amount
    visit.check_clean()


def _leave(shop: Shop, order: Order) -> None:
    """Pick what is left, and go."""
    mia = shop.manager()
    for item in order.items.filter(picked_status="PENDING"):
        missing = item.sku == order.items.order_by("pk")[1].sku
        services.pick_item(actor=mia, order_id=order.pk, item_id=item.pk, now=clock.now(),
                           picked_status="MISSING" if missing else "PICKED")  # fmt: skip
    services.finish_picking(actor=mia, order_id=order.pk, now=clock.now(), bags=1)
    order.refresh_from_db()
    for to in ("READY", "OUT_FOR_DELIVERY"):
        if order.status != to:
            move(mia, order, to)
            order.refresh_from_db()
