"""A customer's order pages: the story, the polling, cancelling, ordering again."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from accounts.models import User
from billing import services as billing
from billing.selectors import documents_of
from branches.windows import ends_at
from cart.selectors import cart_view
from cart.tests.factories import quantities
from checkout.requests import ChangeLine, ChangeRequest
from checkout.services import change
from core import clock
from core.clock import shop_date
from orders import services
from orders.models import Order, OrderStatus
from orders.tests.test_refunding import left
from orders.tests.test_transitions import settle
from tests.html import one_line
from tests.shop import Shop

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def reader(client: Client) -> Client:
    client.cookies["mami_language"] = "en"
    return client


def page(order: Order, name: str = "detail") -> str:
    return reverse(f"orders:{name}", args=[order.order_number])


class TestDetail:
    def test_tells_where_it_stands_and_what_is_held(self, reader, shop: Shop):
        order = shop.order()
        reader.force_login(order.user)
        html = one_line(reader.get(page(order)))
        assert "Got it, thank you" in html
        assert "We hold <bdi" in html
        assert "₪60.00" in html
        assert "<bdi>3 HaZait</bdi>, <bdi>Haifa</bdi>" in html
        assert 'hx-trigger="every 20s"' in html

    def test_is_found_however_the_number_was_typed(self, reader, shop: Shop):
        order = shop.order()
        reader.force_login(order.user)
        assert reader.get(f"/orders/{order.order_number.lower()}/").status_code == 200

    def test_strangers_get_404_everywhere(self, reader, shop: Shop):
        order = shop.order()
        reader.force_login(shop.customer())
        for name, method in (
            ("detail", reader.get),
            ("progress", reader.get),
            ("cancel", reader.post),
            ("reorder", reader.post),
        ):
            assert method(page(order, name)).status_code == 404
        order.refresh_from_db()
        assert order.status == OrderStatus.CREATED

    def test_unknown_numbers(self, reader, shop: Shop):
        reader.force_login(shop.customer())
        for number in ("MS-00000000", "x", "א", "MS-" + "9" * 200):
            assert reader.get(f"/orders/{number}/").status_code == 404

    @pytest.mark.parametrize("lines", [1, 15])
    def test_asks_the_database_as_often_for_any_number_of_lines(
        self, reader, shop: Shop, lines, django_assert_max_num_queries
    ):
        order = shop.order(quantities={shop.product(): 1 for _ in range(lines)})
        reader.force_login(order.user)
        with django_assert_max_num_queries(7):
            reader.get(page(order))

    def test_missing_goods_are_named_and_not_charged(self, reader, shop: Shop):
        milk, oil = shop.product(name_en="Milk"), shop.product(name_en="Oil")
        order = shop.order(quantities={milk: 2, oil: 1})
        eli = shop.employee()
        services.claim_order(actor=eli, order_id=order.pk, now=clock.now())
        first, second = order.items.order_by("pk")
        for item, status, count in ((first, "PICKED", Decimal(2)), (second, "MISSING", None)):
            services.pick_item(
                actor=eli,
                order_id=order.pk,
                item_id=item.pk,
                picked_status=status,
                picked_quantity=count,
                now=clock.now(),
            )
        reader.force_login(order.user)
        html = reader.get(page(order)).content.decode()
        assert "Ran out, not charged" in html
        assert "2 of 2 products" in html
        assert "−₪10.00" in html
        assert "Packing has begun" in html


HELD, PACKED = "We hold ₪60.00 and charge only", "charged for what is packed, at most ₪60.00"
SENTENCES = [
    ("", HELD, "אנחנו מחזיקים ₪60.00"),
    ("claim", PACKED, "תחויבו על מה שנארז"),
    ("READY", "₪60.00 will be charged when it leaves", "יחויבו כשההזמנה תצא לדרך"),
    ("OUT_FOR_DELIVERY", "₪60.00 was charged.", "חויבו ₪60.00"),
    ("DELIVERED", "₪60.00 was charged.", "חויבו ₪60.00"),
    ("refund", "Given back since: ₪7.00", "הוחזרו ₪7.00"),
]


def heading(reader: Client, order: Order, language: str) -> str:
    """The order's heading as it is read, without marks of direction."""
    reader.cookies["mami_language"] = language
    html = one_line(reader.get(page(order)))
    part = html.split('id="order-heading"')[1].split("</section>")[0]
    return re.sub("<[^>]+>|[\u2066-\u2069]", "", part)


def test_each_state_says_what_happens_with_the_money(reader: Client, shop: Shop) -> None:
    order, mia = shop.order(), shop.manager()
    reader.force_login(order.user)
    for step, english, hebrew in SENTENCES:
        if step == "claim":
            services.claim_order(actor=mia, order_id=order.pk, now=clock.now())
        elif step == "refund":
            asked = services.RefundRequest(amount=Decimal(7), reason_code="LATE")
            services.refund(actor=mia, order_id=order.pk, request=asked, key="k", now=clock.now())
            settle(order)
        elif step:
            if step == "READY":
                answered(mia, order)
            services.change_status(actor=mia, order_id=order.pk, to=step, now=clock.now())
            settle(order)
        assert english in heading(reader, order, "en"), step
        assert hebrew in heading(reader, order, "he"), step
    assert "שילמתם" in reader.get(page(order)).text


def answered(mia: User, order: Order) -> None:
    """Everything is found."""
    for item in order.items.all():
        services.pick_item(
            actor=mia, order_id=order.pk, item_id=item.pk, picked_status="PICKED", now=clock.now()
        )


def test_cancelled_it_says_that_nothing_was_charged(reader: Client, shop: Shop) -> None:
    order = shop.order()
    reader.force_login(order.user)
    services.cancel(actor=order.user, order_id=order.pk, now=clock.now())
    assert "Nothing was charged. The hold was released" in heading(reader, order, "en")
    assert "לא חויבתם. ההחזקה שוחררה" in heading(reader, order, "he")


def test_more_is_held_than_it_costs_now(reader: Client, shop: Shop) -> None:
    """After less was ordered the hold stays: both sums are told."""
    milk = shop.product(price=Decimal("20.00"))
    order = shop.order(quantities={milk: 3})
    reader.force_login(order.user)
    asked = ChangeRequest(
        lines=(ChangeLine(product_id=milk.pk, quantity=Decimal(2)),),
        expected_version=1,
        expected_total=order.total_amount - 20,
    )
    change(actor=order.user, order_id=order.pk, key="k", request=asked, request_id="",
           now=clock.now())  # fmt: skip
    assert "We hold ₪90.00 and charge only what we pack, after packing: at most ₪70.00." in heading(
        reader, order, "en"
    )
    assert "אנחנו מחזיקים ₪90.00" in heading(reader, order, "he")
    reader.cookies["mami_language"] = "en"
    assert "We hold <bdi" in one_line(reader.get(page(order, "progress")))


CAME_BACK = [
    ("NOT_HOME", "We were at your door", "nobody was at home", "לא היה איש בבית"),
    ("ADDRESS_WRONG", "We could not hand it over", "the address was wrong", "הכתובת שגויה"),
    ("OTHER", "We could not hand it over", "", ""),
]


@pytest.mark.parametrize(("code", "title", "why", "hebrew"), CAME_BACK)
def test_what_came_back_says_why_and_when_it_comes_again(
    reader: Client,
    shop: Shop,
    code: str,
    title: str,
    why: str,
    hebrew: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order, mia = left(shop, shop.order()), shop.manager()
    reader.force_login(order.user)
    services.change_status(
        actor=mia, order_id=order.pk, to="DELAYED", reason_code=code, now=clock.now()
    )
    told = heading(reader, order, "en")
    assert title in told
    assert "Choose when we come again" in told
    assert (f"Why it came back to us: {why}." in told) == bool(why)
    assert hebrew in heading(reader, order, "he")
    assert "To cancel it, please call us" in folded(reader, order)
    later = order.due_at + dt.timedelta(days=7)
    services.reslot(
        actor=mia, order_id=order.pk, slot_id=shop.slot.pk, date=shop_date(later),
        reason="as we said", now=clock.now(),
    )  # fmt: skip
    told = heading(reader, order, "en")
    assert "We bring it again on" in told
    assert "You can still choose another time" in told
    assert "נביא אותה שוב ב" in heading(reader, order, "he")
    assert "It is back with us until then." in folded(reader, order)
    end = ends_at(shop.slot, shop_date(later))
    monkeypatch.setattr(clock, "now", lambda: end)
    told = heading(reader, order, "en")
    assert "Running late, sorry" in told
    assert "You can still choose another time" in told
    assert "It takes longer than planned. We are on it." in folded(reader, order)


def test_what_can_no_longer_be_paid_here_says_so(reader: Client, shop: Shop) -> None:
    """A packed order is not cancelled by the clock: it waits, and its last moment is no advice."""
    order, mia = shop.order(), shop.manager()
    services.claim_order(actor=mia, order_id=order.pk, now=clock.now())
    answered(mia, order)
    apps.get_model("payments", "Payment").objects.filter(order=order).update(
        state="UNPAID", failure="expired_card", pay_until=clock.now() - dt.timedelta(minutes=1)
    )
    reader.force_login(order.user)
    told = heading(reader, order, "en")
    assert "Pay by" not in told
    assert "We could not hold the money" in told
    assert "It cannot be paid here any more: please call us." in told
    assert "אפשר להתקשר אלינו" in heading(reader, order, "he")


def folded(reader: Client, order: Order) -> str:
    reader.cookies["mami_language"] = "en"
    return one_line(reader.get(page(order)))


def test_what_stands_in_the_way_of_cancelling_is_true(reader: Client, shop: Shop) -> None:
    order, mia = shop.order(), shop.manager()
    reader.force_login(order.user)
    services.change_status(
        actor=mia, order_id=order.pk, to="DELAYED", reason="a jam", now=clock.now()
    )
    assert "To cancel it, please call us." in folded(reader, order)
    assert "Packing has begun" not in folded(reader, order)
    services.change_status(actor=mia, order_id=order.pk, to="IN_PROGRESS", now=clock.now())
    assert "Packing has begun, so cancelling needs a person." in folded(reader, order)
    answered(mia, order)
    for to in ("READY", "OUT_FOR_DELIVERY"):
        services.change_status(actor=mia, order_id=order.pk, to=to, now=clock.now())
    settle(order)
    assert "It is on its way, so cancelling needs a person." in folded(reader, order)


def test_a_paper_that_is_not_drawn_yet_is_no_dead_link(reader: Client, shop: Shop) -> None:
    order = left(shop, shop.order())
    reader.force_login(order.user)
    paper = documents_of(order_id=order.pk)[0]
    link = f'href="/orders/{order.order_number}/documents/{paper.id}/"'
    html = folded(reader, order)
    assert "ready to read in a minute" in html
    assert link not in html
    billing.draw_waiting(now=clock.now(), everything=True)
    html = folded(reader, order)
    assert link in html
    assert "ready to read" not in html


class TestProgress:
    def test_polls_while_open_and_stops_when_it_is_over(self, reader, shop: Shop):
        order = shop.order()
        reader.force_login(order.user)
        response = reader.get(page(order, "progress"), **HTMX)
        html = response.content.decode()
        assert response.status_code == 200
        for part in ("order-heading", "order-items", "order-money", "order-cancel"):
            assert f'id="{part}" hx-swap-oob="true"' in html
        services.cancel(actor=order.user, order_id=order.pk, now=clock.now())
        response = reader.get(page(order, "progress"), **HTMX)
        assert response.status_code == 286
        assert "every 20s" not in response.content.decode()


class TestCancel:
    def test_before_packing(self, reader, shop: Shop):
        order = shop.order()
        reader.force_login(order.user)
        response = reader.post(page(order, "cancel"), follow=True)
        assert b"The order is cancelled. Nothing will be charged." in response.content
        order.refresh_from_db()
        assert order.status == OrderStatus.CANCELED

    def test_too_late_is_told_and_changes_nothing(self, reader, shop: Shop):
        order = shop.order()
        services.claim_order(actor=shop.employee(), order_id=order.pk, now=clock.now())
        reader.force_login(order.user)
        response = reader.post(page(order, "cancel"), follow=True)
        assert b"already being prepared" in response.content
        order.refresh_from_db()
        assert order.status == OrderStatus.IN_PROGRESS

    def test_twice(self, reader, shop: Shop):
        order = shop.order()
        reader.force_login(order.user)
        reader.post(page(order, "cancel"))
        assert reader.post(page(order, "cancel"), follow=True).status_code == 200


class TestGuessing:
    def test_thirty_unknown_numbers_a_minute(self, reader, shop: Shop):
        order = shop.order()
        reader.force_login(order.user)
        for n in range(30):
            assert reader.get(f"/orders/MS-0000{n:04}/").status_code == 404
        for end in ("", "change/", "pay/", "agree/1/", "problem/", "problems/1/", "documents/1/"):
            answer = reader.get(f"/orders/MS-ZZZZZZZZ/{end}")
            assert answer.status_code == 429, end
            assert int(answer["Retry-After"]) >= 1
        assert reader.get(page(order, "detail")).status_code == 200  # one's own are no guesses

    def test_an_address_is_counted_whoever_asks(self, reader, shop: Shop):
        for n in range(30):
            if n % 10 == 0:
                reader.force_login(shop.customer())
            assert reader.get(f"/orders/MS-0000{n:04}/").status_code == 404
        reader.force_login(shop.customer())
        assert reader.get("/orders/MS-ZZZZZZZZ/").status_code == 429


class TestReorder:
    def test_everything_again(self, reader, shop: Shop):
        milk = shop.product()
        order = shop.order(quantities={milk: 3})
        reader.force_login(order.user)
        response = reader.post(page(order, "reorder"))
        assert response["Location"] == reverse("cart:page")
        assert quantities(cart_view(actor=order.user)) == {milk.pk: 3}

    def test_what_is_no_longer_sold_is_named(self, reader, shop: Shop):
        milk, oil = shop.product(), shop.product(name_en="Olive oil")
        order = shop.order(quantities={milk: 3, oil: 1})
        oil.is_active = False
        oil.save()
        reader.force_login(order.user)
        response = reader.post(page(order, "reorder"), follow=True)
        assert "Olive oil (no longer sold)" in response.content.decode()
        assert quantities(cart_view(actor=order.user)) == {milk.pk: 3}


class TestList:
    def test_empty(self, reader, shop: Shop):
        reader.force_login(shop.customer())
        assert b"No orders yet" in reader.get(reverse("orders:list")).content

    def test_own_orders_only_newest_first(self, reader, shop: Shop):
        ada = shop.customer()
        first, second, foreign = shop.order(ada), shop.order(ada), shop.order()
        reader.force_login(ada)
        html = reader.get(reverse("orders:list")).content.decode()
        assert html.index(second.order_number) < html.index(first.order_number)
        assert foreign.order_number not in html

    @pytest.mark.parametrize("count", [1, 5])
    def test_asks_the_database_as_often_for_any_number(
        self, reader, shop: Shop, count, django_assert_max_num_queries
    ):
        ada = shop.customer()
        for _ in range(count):
            shop.order(ada)
        reader.force_login(ada)
        with django_assert_max_num_queries(8):
            reader.get(reverse("orders:list"))

    @pytest.mark.parametrize("number", ["0", "-1", "x", "999", "9" * 50])
    def test_pages_that_are_none(self, reader, shop: Shop, number):
        reader.force_login(shop.customer())
        assert reader.get(reverse("orders:list"), {"page": number}).status_code == 200
