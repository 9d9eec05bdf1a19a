"""The order on paper: numbers that meet, a title that is true, and nothing a name can break."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from accounts.models import Role, User
from billing.drawing import draw
from billing.selectors import documents_of, invoice_of, snapshot_of
from billing.wording import words_of
from catalog.models import VatRate
from core import clock
from core.clock import shop_date
from orders import invoice_pdf, selectors, services
from orders.document_content import unissued
from orders.invoice_lines import Bill, Kind, bill_of
from orders.models import Order
from orders.tests.test_transitions import move, picked, settle
from tests.api_client import ApiClient, refusal
from tests.shop import Shop

HOSTILE = [
    '#import "x" $ \\ @a <b> *_`',
    "\u202eרוסיה\u2067 \u0000\u0007\tx",
    "😀 饅頭 مرحبا Привет",
    "}])\"'",
]


def bill(order: Order) -> Bill:
    return bill_of(order=selectors.order_by_id(order_id=order.pk))


def words(order: Order, language: str = "en") -> dict[str, Any]:
    """What its paper says: the issued one, before it the confirmation."""
    found = selectors.order_by_id(order_id=order.pk)
    paper = invoice_of(order_id=order.pk)
    content = (
        snapshot_of(document_id=paper.id)
        if paper
        else unissued(order=found, bill=bill_of(order=found))
    )
    with translation.override(language):
        return words_of(content)


def adds_up(found: Bill) -> None:
    assert sum(row.amount for row in found.rows) == found.total
    assert sum(row.net + row.vat for row in found.vat) == found.total


def delivered(shop: Shop, order: Order, **answers: Decimal | None) -> Order:
    """Picked, sent, charged and brought."""
    picked(shop, order, **answers)
    mia = shop.manager()
    order.refresh_from_db()
    for to in ("READY", "OUT_FOR_DELIVERY", "DELIVERED"):
        if order.status != to:
            move(mia, order, to)
    settle(order)
    order.refresh_from_db()
    return order


class TestBill:
    def test_before_picking_it_is_what_was_agreed(self, shop: Shop):
        order = shop.order(quantities={shop.product(): 3, shop.weighed(): Decimal("1.5")})
        found = bill(order)
        adds_up(found)
        assert (words(order)["title"], found.total) == ("Order confirmation", order.total_amount)
        assert sum(row.vat for row in found.vat) == order.vat_total

    def test_missing_lighter_and_reduced_lines(self, shop: Shop):
        milk, oil = shop.product(sku="MILK"), shop.product(sku="OIL")
        tomatoes = shop.weighed(sku="TOM", vat_class_id="ZERO")
        order = shop.order(quantities={milk: 4, oil: 1, tomatoes: Decimal("1.5")})
        order.items.filter(sku="MILK").update(discount=Decimal("4.00"))
        Order.objects.filter(pk=order.pk).update(
            discount_total=Decimal("4.00"), total_amount=order.total_amount - 4
        )
        order = delivered(shop, order, MILK=Decimal(2), OIL=None, TOM=Decimal("1.46"))
        found = bill(order)
        adds_up(found)
        assert found.total == order.captured_total == Decimal("60.99")
        told = [(row.kind, row.quantity, row.amount) for row in found.rows]
        assert told == [
            (Kind.GOODS, Decimal(2), Decimal("20.00")),
            (Kind.OFFER, None, Decimal("-2.00")),
            (Kind.MISSING, Decimal(0), Decimal("0.00")),
            (Kind.GOODS, Decimal("1.460"), Decimal("12.99")),
            (Kind.FEE, Decimal(1), Decimal("30.00")),
        ]
        assert [(row.rate, row.net + row.vat) for row in found.vat] == [
            (Decimal("18.00"), Decimal("48.00")),
            (Decimal("0.00"), Decimal("12.99")),
        ]

    def test_what_weighs_above_the_agreed_sum_is_taken_off_again(self, shop: Shop):
        order = shop.order(quantities={shop.weighed(sku="TOM"): 2, shop.product(): 1})
        order = delivered(shop, order, TOM=Decimal("2.4"))
        found = bill(order)
        adds_up(found)
        assert found.total == order.total_amount == order.captured_total
        assert [row.amount for row in found.rows if row.kind is Kind.LIMIT] == [Decimal("-3.56")]

    def test_nothing_found_costs_nothing_and_gets_no_invoice(self, shop: Shop):
        order = shop.order(quantities={shop.product(sku="MILK"): 1})
        found = bill(delivered(shop, order, MILK=None))
        adds_up(found)
        assert found.total == Decimal("0.00")
        assert documents_of(order_id=order.pk) == []

    def test_it_calls_itself_what_it_is(self, shop: Shop):
        order, mia = shop.order(), shop.manager()
        assert words(order)["title"] == "Order confirmation"
        picked(shop, order)
        assert (words(order)["title"], bill(order).is_final) == ("Order confirmation", True)
        move(mia, order, "OUT_FOR_DELIVERY")
        settle(order)
        assert words(order)["title"] == "Tax invoice / receipt"
        assert words(order, "he")["title"] == "חשבונית מס / קבלה"
        assert words(order)["number"] == documents_of(order_id=order.pk)[0].number
        gone = shop.order()
        services.cancel(actor=gone.user, order_id=gone.pk, now=clock.now())
        assert words(gone)["title"] == "Cancelled order"
        adds_up(bill(gone))

    def test_a_pickup_is_invoiced_at_the_counter_without_a_fee(self, shop: Shop):
        order = shop.order(request=shop.pickup())
        picked(shop, order)
        move(shop.manager(), order, "DELIVERED")
        settle(order)
        found = bill(order)
        adds_up(found)
        assert words(order)["title"] == "Tax invoice / receipt"
        assert Kind.FEE not in {row.kind for row in found.rows}


class TestNumbers:
    def test_are_given_once_though_an_order_leaves_twice(self, shop: Shop):
        order, mia = shop.order(), shop.manager()
        picked(shop, order)
        for to in ("OUT_FOR_DELIVERY", "DELAYED", "OUT_FOR_DELIVERY"):
            move(mia, order, to)
            settle(order)
        assert len(documents_of(order_id=order.pk)) == 1

    def test_the_law_of_the_day_of_supply_decides_the_vat(self, shop: Shop):
        """118.00 at 20 percent contain 19.67, whatever the rate was when it was ordered."""
        order = shop.order(quantities={shop.product(price=Decimal("118.00")): 1},
                           request=shop.pickup(branch_id=shop.warehouse.pk))  # fmt: skip
        picked(shop, order)
        VatRate.objects.create(vat_class_id="STANDARD", rate=20, valid_from=shop_date(clock.now()))
        move(shop.manager(), order, "DELIVERED")
        settle(order)
        (paper,) = documents_of(order_id=order.pk)
        assert [(part.rate, part.vat) for part in paper.vat] == [(Decimal("20"), Decimal("19.67"))]
        order.refresh_from_db()
        assert order.vat_total == Decimal("19.67")


class TestPage:
    def test_is_an_archivable_pdf_and_the_same_each_time(self, shop: Shop):
        order = selectors.order_by_id(order_id=shop.order().pk)
        first = invoice_pdf.print_order(order=order)
        assert first == invoice_pdf.print_order(order=order)
        assert first.content.startswith(b"%PDF-1.7")
        assert b"pdfaid:part>2<" in first.content.replace(b"</", b"<")
        assert first.name == f"mami-{order.order_number}.pdf"
        with translation.override("en"):
            assert invoice_pdf.print_order(order=order).content != first.content

    @pytest.mark.parametrize("name", HOSTILE)
    def test_no_name_is_a_command_or_turns_its_surroundings(self, shop: Shop, name):
        order = shop.order()
        order.items.update(name_he=name.replace("\0", ""), name_en=name.replace("\0", ""))
        User.objects.filter(pk=order.user_id).update(full_name=name.replace("\0", ""))
        found = words(order, "he")
        assert not re.search("[\u202a-\u202e\u2067\0-\x1f]", str(found["rows"]))
        assert draw(found).startswith(b"%PDF-1.7")

    def test_long_orders_take_more_pages(self, shop: Shop):
        order = shop.order()
        short = words(order)
        long = {**short, "rows": short["rows"] * 90}
        assert draw(short).count(b"/Type/Page/") == 1
        assert draw(long).count(b"/Type/Page/") > 2


class TestFaces:
    def get(self, person: User | None, path: str):
        return ApiClient(person).get(path)

    def test_the_owner_and_an_admin_get_it_and_strangers_404(self, shop: Shop):
        order = shop.order()
        for person in (order.user, shop.person(Role.ADMIN)):
            response = self.get(person, f"/orders/{order.pk}/invoice")
            assert response.status_code == 200
            assert response["Content-Type"] == "application/pdf"
            assert response["Cache-Control"] == "no-store"
            assert response.content.startswith(b"%PDF-")
        for person in (shop.customer(), shop.employee(), shop.manager()):
            refusal(self.get(person, f"/orders/{order.pk}/invoice"), 404, "NOT_FOUND")
        refusal(self.get(None, f"/orders/{order.pk}/invoice"), 401, "NOT_AUTHENTICATED")
        refusal(self.get(order.user, "/orders/999999/invoice"), 404, "NOT_FOUND")

    def test_staff_get_it_from_the_queue(self, shop: Shop):
        order = shop.order()
        assert self.get(shop.employee(), f"/ops/orders/{order.pk}/invoice").content[:5] == b"%PDF-"
        refusal(self.get(order.user, f"/ops/orders/{order.pk}/invoice"), 403, "PERMISSION_DENIED")

    def test_it_asks_the_database_as_often_for_any_number_of_lines(
        self, shop: Shop, django_assert_num_queries
    ):
        for lines in (1, 12):
            order = shop.order(quantities={shop.product(): 1 for _ in range(lines)})
            client = ApiClient(order.user)
            with django_assert_num_queries(4):
                client.get(f"/orders/{order.pk}/invoice")

    def test_pages_link_to_it(self, client: Client, shop: Shop):
        order, path = shop.order(), "/orders/{}/invoice/"
        mia = shop.manager()
        screens = [
            (order.user, "/orders/{}/", path),
            (mia, "/ops/orders/{}/", "/ops/orders/{}/invoice/"),
        ]
        for person, page, link in screens:
            client.force_login(person)
            assert (
                link.format(order.order_number)
                in client.get(page.format(order.order_number)).content.decode()
            )
            response = client.get(link.format(order.order_number))
            assert (response.status_code, response.content[:5]) == (200, b"%PDF-")
        page = client.get(f"/admin/orders/order/{order.pk}/change/").content.decode()
        assert f"/ops/orders/{order.order_number}/invoice/" in page
        client.force_login(shop.customer())
        assert client.get(path.format(order.order_number)).status_code == 404
        assert client.get(f"/ops/orders/{order.order_number}/invoice/").status_code == 403
