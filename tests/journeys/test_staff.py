"""From the queue to the door, in a real browser: with script and without, with network and without."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F
from playwright.sync_api import expect

from inventory.models import Stock
from orders.models import Order, OrderItem
from orders.selectors import amount_due
from tests.journeys import shopper, staff
from tests.journeys.conftest import Goods, Visits
from tests.shop import Shop

SCREENS = {
    "hebrew-phone": {"language": "he", "width": 390, "height": 844},
    "english-desktop": {"language": "en"},
    "hebrew-without-script": {"language": "he", "script": False},
}  # fmt: skip
WORDS = {"he": ("חלב", "לחם"), "en": ("milk", "bread")}
PHONE = {"width": 390, "height": 844}


def money(order: Order) -> tuple[str, Decimal, Decimal]:
    order.payment.refresh_from_db()
    return order.payment.state, order.payment.authorized, order.payment.captured


@pytest.mark.parametrize("screen", SCREENS)
def test_from_the_front_door_to_the_delivered_order(
    visits: Visits, shop: Shop, goods: Goods, screen: str
):
    """Register, fill a basket, pay, pick with one item missing, deliver; the story is in the trail."""
    people = {name: shop.person(name.upper()) for name in ("employee", "manager")}
    for user in people.values():
        user.set_password(shopper.PASSWORD)
        user.save()
    at_home = visits(**SCREENS[screen])
    word, other = WORDS[at_home.language]
    number = shopper.shop_and_order(
        at_home, word=word, product_id=goods.milk.pk, other_id=goods.bread.pk, other=other
    )
    order = Order.objects.get(order_number=number)
    assert dict(order.items.values_list("product", "quantity")) == {
        goods.milk.pk: 2,
        goods.bread.pk: 1,
    }
    assert order.total_amount == Decimal("54.40")
    assert order.delivery.line1 == ("הרצל 5" if at_home.language == "he" else "5 Herzl St")

    eli = visits(**SCREENS[screen])
    staff.sign_in(eli, people["employee"].email, shopper.PASSWORD)
    eli.page.wait_for_url("**/ops/")
    staff.claim(eli, number)
    staff.picked(eli)
    staff.missing(eli)
    staff.without_substitute(eli)
    staff.finish(eli, bags=1)
    eli.page.wait_for_url(f"**/ops/orders/{number}/")
    order.refresh_from_db()
    assert (order.status, order.bags) == ("MISSING", 1)

    mia = visits(**SCREENS[screen])
    staff.sign_in(mia, people["manager"].email, shopper.PASSWORD)
    mia.page.wait_for_url("**/ops/")
    for status in ("READY", "OUT_FOR_DELIVERY"):
        staff.move(mia, number, status)
    staff.deliver(mia, number, note="With the neighbour")
    order.refresh_from_db()
    assert order.status == "DELIVERED"
    assert money(order) == ("CAPTURED", Decimal("54.40"), Decimal("44.40"))
    told = [entry.new_value["status"] for entry in shop.audit(action="STATUS_CHANGE")]
    assert told == ["IN_PROGRESS", "MISSING", "READY", "OUT_FOR_DELIVERY", "DELIVERED"]

    at_home.go(f"/orders/{number}/")
    expect(at_home.page.locator("main")).to_contain_text(number)
    for visit in (at_home, eli, mia):
        visit.check_clean()


def a_day_of_twelve(shop: Shop) -> tuple[Order, list[str]]:
    """An order of twelve lines in the walk's order, the second one weighed; and their names."""
    lines: dict[Any, str] = {}
    for n in range(12):
        values = {"bin": f"A{n:02}", "name_en": f"Good {n}", "barcode": f"29000000000{n:02}"}
        made = shop.weighed(**values) if n == 1 else shop.product(**values)
        lines[made] = "1.5" if n == 1 else "3"
    order = shop.order(quantities=lines)
    return order, [product.name_en for product in lines]


def test_twelve_items_the_middle_four_without_network(visits: Visits, shop: Shop):
    order, names = a_day_of_twelve(shop)
    visit = visits(language="en", **PHONE)
    visit.enter(shop.employee())
    visit.go("/ops/")
    staff.claim(visit, order.order_number)
    visit.check_accessible()
    visit.page.locator("#picked").focus()
    staff.scanner(visit, "4000000000000")
    expect(visit.page.locator("[data-refused]")).to_be_visible()
    staff.scanner(visit, "2900000000000")
    assert staff.current(visit) == names[1]
    weight, code = visit.page.locator("#kg"), "2900000000001"
    staff.scanner(visit, code)
    expect(visit.page.locator("[data-scanned]")).to_be_visible()
    expect(weight).to_be_focused()
    weight.press_sequentially("1.4")
    staff.scanner(visit, code)  # into the weight, where the focus is: it is a scan all the same
    expect(weight).to_have_value("")
    expect(weight).to_be_focused()
    assert staff.current(visit) == names[1]
    visit.check_accessible()
    staff.picked(visit, kg="40")
    expect(visit.page.locator("[data-refused]")).to_contain_text("40 kg is too much")
    visit.check_accessible()
    staff.picked(visit, kg="1.46")
    staff.fewer(visit)
    staff.picked(visit)
    expect(visit.page.locator("#what")).to_contain_text("the rest")
    staff.without_substitute(visit)
    staff.missing(visit, "DAMAGED")
    visit.check_accessible()
    given = staff.give_instead(visit, how_many=2)
    expect(visit.page.locator("#now [role=status]")).to_contain_text(given)

    staff.wait_for_stored_substitutes(visit)
    visit.context.set_offline(True)
    strip = visit.page.locator("#offline")
    staff.picked(visit)
    expect(strip).to_contain_text("kept on this device: 1")
    staff.scan(visit, "4000000000000")
    expect(visit.page.locator("[data-refused]")).to_be_visible()
    staff.scan(visit, "2900000000005")
    staff.missing(visit)
    staff.without_substitute(visit)
    staff.fewer(visit)
    staff.picked(visit)
    staff.without_substitute(visit)
    expect(strip).to_contain_text("kept on this device: 4")
    visit.check_accessible()
    assert staff.current(visit) == names[8]
    assert order.items.filter(picked_status="PENDING").count() == 8

    visit.context.set_offline(False)
    expect(strip).to_be_hidden()
    expect(visit.page.locator("label[for=pp]")).to_contain_text("8 of 12")
    for _ in range(4):
        staff.picked(visit)
    staff.finish(visit, bags=3)
    visit.page.wait_for_url(f"**/ops/orders/{order.order_number}/")
    lines = order.items.order_by("id")
    found = [(i.picked_status, i.picked_quantity) for i in lines if not i.substitute_for_id]
    assert [(i.name_en, i.picked_quantity, i.substitute_for.name_en) for i in
            lines if i.substitute_for] == [(given, Decimal(2), names[3])]  # fmt: skip
    three = ("PICKED", Decimal(3))
    lost = ("MISSING", None)
    two = ("PICKED", Decimal(2))
    assert found == [
        three, ("PICKED", Decimal("1.46")), two, lost, three, three, lost, two,
        three, three, three, three,
    ]  # fmt: skip
    order.refresh_from_db()
    assert (order.status, order.bags) == ("MISSING", 3)
    visit.check_accessible()
    visit.check_clean()

    mia = visits(language="he", **PHONE)
    mia.enter(shop.manager())
    for status in ("READY", "OUT_FOR_DELIVERY"):
        staff.move(mia, order.order_number, status)
    mia.check_accessible()
    # 9 whole lines of three at ₪10, two partial ones and a substitute of two, 1.46 kg at ₪8.90.
    kept = order.total_amount - amount_due(order=order, items=lines)
    assert money(order) == ("CAPTURED", order.total_amount, order.total_amount - kept)
    assert kept == Decimal("10") * (1 + 1 + 3 + 1) + Decimal("0.36")


def test_kept_answers_survive_a_reload_and_conflicts_are_told(visits: Visits, shop: Shop):
    order, names = a_day_of_twelve(shop)
    visit = visits(language="en", **PHONE)
    visit.enter(shop.employee())
    visit.go("/ops/")
    staff.claim(visit, order.order_number)
    visit.context.set_offline(True)
    staff.picked(visit)
    staff.picked(visit, kg="1.5")
    other = order.items.get(name_en=names[0])
    other.picked_status = "MISSING"
    other.save()
    visit.page.goto("about:blank")
    visit.context.set_offline(False)
    visit.go(f"/ops/orders/{order.order_number}/pick/")
    expect(visit.page.locator("#pick [role=alert]")).to_contain_text(names[0])
    expect(visit.page.locator("label[for=pp]")).to_contain_text("2 of 12")
    other.refresh_from_db()
    assert other.picked_status == "MISSING"
    assert order.items.get(name_en=names[1]).picked_quantity == Decimal("1.5")

    staff.missing(visit)
    visit.context.set_offline(True)
    visit.page.locator("#no-swap").click()
    expect(visit.page.locator("#what")).to_have_text(names[3])


def test_a_substitute_is_chosen_without_network(visits: Visits, shop: Shop):
    """For a line that is missing, and for the rest of one; one runs out before the signal is back."""
    order, names = a_day_of_twelve(shop)
    visit = visits(language="en", **PHONE)
    visit.enter(shop.employee())
    visit.go("/ops/")
    staff.claim(visit, order.order_number)
    staff.wait_for_stored_substitutes(visit)
    visit.context.set_offline(True)
    staff.missing(visit)
    expect(visit.page.locator("#what")).to_contain_text(names[0])
    visit.check_accessible()
    taken = staff.give_instead(visit, how_many=2)
    staff.missing(visit)
    # Nothing stands in for what is weighed.
    expect(visit.page.locator("#what")).to_have_text(names[2])
    staff.fewer(visit)
    staff.picked(visit)
    expect(visit.page.locator("#swap-q")).to_have_value("1")
    offered = visit.page.locator("#swap label.choice b").all_inner_texts()
    assert offered
    assert names[0] not in offered, "that one was just found missing"
    rest = staff.give_instead(visit, how_many=1)
    assert rest != taken
    strip = visit.page.locator("#offline")
    expect(strip).to_contain_text("kept on this device: 5")
    assert OrderItem.objects.filter(substitute_for__isnull=False).count() == 0

    gone = Stock.objects.filter(product__name_en=rest, branch=shop.warehouse)
    gone.update(reserved=F("on_hand"))
    visit.context.set_offline(False)
    told = visit.page.locator("#pick [role=alert]")
    expect(told).to_contain_text(names[2])
    expect(strip).to_be_hidden()
    given = OrderItem.objects.get(substitute_for__isnull=False)
    assert (given.name_en, given.picked_quantity) == (taken, Decimal(2))
    assert given.substitute_for.name_en == names[0]
    assert order.items.get(name_en=names[2], substitute_for=None).picked_quantity == Decimal(2)
    visit.check_clean()


def test_a_refreshed_queue_keeps_its_place_and_focus(visits: Visits, shop: Shop):
    orders = [shop.order() for _ in range(8)]
    visit = visits(language="he", **PHONE)
    visit.enter(shop.employee())
    visit.go("/ops/")
    button = visit.page.locator(f"#a-{orders[5].order_number}")
    button.focus()
    before = button.bounding_box()
    first = Order.objects.get(pk=orders[0].pk)
    first.status = "DELAYED"
    first.save()
    refreshed = """() => htmx.ajax("GET", location.pathname,
        { source: "#queue-part", target: "#queue-part", swap: "outerHTML" })"""
    visit.page.evaluate(refreshed)
    expect(visit.page.locator(f"#o-{first.order_number}")).to_have_count(0)
    expect(button).to_be_focused()
    assert button.bounding_box() == before
    gone = Order.objects.get(pk=orders[5].pk)
    gone.status = "DELAYED"
    gone.save()
    visit.page.evaluate(refreshed)
    expect(visit.page.locator(f"#n-{orders[6].order_number}")).to_be_focused()
    tile = visit.page.locator("#tile-scheduled")
    tile.focus()
    visit.page.evaluate(refreshed)
    expect(tile).to_contain_text("6")
    expect(tile).to_be_focused()
    visit.context.set_offline(True)
    visit.page.evaluate(refreshed + ".catch(() => 0)")
    expect(visit.page.locator("#refreshed")).to_contain_text("אין קליטה")
    expect(visit.page.locator("#toasts > *")).to_have_count(0)
    visit.context.set_offline(False)
    visit.page.evaluate(refreshed)
    expect(visit.page.locator("#refreshed")).to_contain_text("עודכן")
    visit.check_clean()


def test_two_pickers_on_one_order(visits: Visits, shop: Shop):
    order, _names = a_day_of_twelve(shop)
    eli, dan = shop.employee(), shop.employee()
    first, second = visits(language="en", **PHONE), visits(language="en", **PHONE)
    for visit, user in ((first, eli), (second, dan)):
        visit.enter(user)
        visit.go("/ops/")
    staff.claim(first, order.order_number)
    row = second.page.locator(f"#o-{order.order_number}")
    row.locator(".act button").click()
    expect(second.page.locator("#toasts")).to_contain_text("already picking")
    expect(row.locator(".who")).to_contain_text(eli.full_name.split()[0])
    row.get_by_role("button", name=re.compile("Take over")).click()
    expect(row.locator(".act a.btn")).to_be_visible()
    order.refresh_from_db()
    assert order.picker_id == dan.pk
    first.page.reload()
    expect(first.page.locator("#now")).to_contain_text("is packing this order")


def test_a_pickup_with_a_wrong_code_first(visits: Visits, shop: Shop):
    order = shop.order(request=shop.pickup())
    visit = visits(language="he", **PHONE)
    visit.enter(shop.employee())
    visit.go(f"/ops/orders/{order.order_number}/pick/")
    keyboard = visit.page.keyboard
    visit.page.locator("#now button.big").press("Enter")
    expect(visit.page.locator("#picked")).to_be_focused()
    staff.answer(visit, lambda: keyboard.press("Enter"))
    keyboard.press("Shift+Tab")
    expect(visit.page.locator("#bags")).to_be_focused()
    keyboard.type("1")
    keyboard.press("Enter")
    visit.page.wait_for_url(f"**/ops/orders/{order.order_number}/")
    visit.enter(shop.manager())
    visit.page.reload()
    code = order.pickup.code
    wrong = "000000" if code != "000000" else "000001"
    for said, answer, status in ((wrong, "bad", "READY"), (code, "good", "DELIVERED")):
        visit.page.locator("#pickup-code").fill(said)
        visit.page.locator("#pickup-code").press("Enter")
        expect(visit.page.locator(f".notice.{answer}").first).to_be_visible()
        order.refresh_from_db()
        assert order.status == status
    assert money(order)[0] == "CAPTURED"
    visit.check_clean()


@pytest.mark.parametrize("language", ["he", "en"])
def test_every_staff_page_is_accessible(visits: Visits, shop: Shop, language: str):
    order, _names = a_day_of_twelve(shop)
    order.order_number = "MS-WWWWWWWW"  # the widest there is must fit as well
    order.save(update_fields=["order_number"])
    visit = visits(language=language)
    visit.enter(shop.person("ADMIN"))
    visit.look_at(
        "/ops/", f"/ops/orders/{order.order_number}/", f"/ops/orders/{order.order_number}/pick/",
        "/ops/requests/", "/ops/requests/review/", "/ops/runs/", "/ops/board/",
        f"/ops/orders/{order.order_number}/slip/", f"/ops/runs/?day={shop.date}",
        "/ops/affected/", f"/ops/orders/{order.order_number}/change/",
        f"/ops/orders/{order.order_number}/reslot/", f"/ops/orders/{order.order_number}/refund/",
        "/ops/problems/", "/ops/disputes/", f"/ops/customers/?q={order.order_number}",
        f"/ops/customers/{order.user_id}/", f"/ops/customers/{order.user_id}/order/",
    )  # fmt: skip
    visit.check_clean()
