"""The VAT that an order's page tells is the VAT of its paper, whatever became of its lines."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client

from billing.selectors import documents_of
from catalog.models import VatRate
from checkout.services import preview
from core import clock
from orders import selectors, services
from orders.invoice_lines import bill_of
from orders.models import Order
from tests.api_client import ApiClient
from tests.html import one_line
from tests.shop import Shop

pytestmark = pytest.mark.django_db


def order_of_three(shop: Shop) -> Order:
    """Two whole lines at 18 %, one weighed at 0 %, and the delivery."""
    milk, bread = shop.product(price=Decimal("59.90")), shop.product(price=Decimal("20.00"))
    fruit = shop.weighed(vat_class_id="ZERO")
    return shop.order(quantities={milk: 2, bread: 3, fruit: "1.5"})


def answered(shop: Shop, order: Order, *answers: str | None) -> None:
    """Each line in its order: units or kg found, or None for missing."""
    eli = shop.employee()
    services.claim_order(actor=eli, order_id=order.pk, now=clock.now())
    for item, found in zip(order.items.order_by("pk"), answers, strict=False):
        services.pick_item(
            actor=eli,
            order_id=order.pk,
            item_id=item.pk,
            picked_status="MISSING" if found is None else "PICKED",
            picked_quantity=None if found is None else Decimal(found),
            now=clock.now(),
        )


def shown(order: Order) -> str:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(order.user)
    page = one_line(client.get(f"/orders/{order.order_number}/"))
    return page.split("VAT included</dt>")[1].split("</dd>")[0]


@pytest.mark.parametrize(
    "answers",
    [
        (),
        ("2", None),
        ("2", "3", "1.5"),
        ("2", None, "1.5"),
        ("1", "3", "1.420"),
        (None, "2", None),
        ("2", "3", "1.6"),
    ],
)
def test_page_and_paper_tell_one_vat(shop: Shop, answers: tuple[str | None, ...]) -> None:
    order = order_of_three(shop)
    agreed = order.vat_total
    if answers:
        answered(shop, order, *answers)
    found = selectors.order_by_id(order_id=order.pk)
    paper = sum((row.vat for row in bill_of(order=found).vat), Decimal(0))
    assert f"{paper}" in shown(order)
    if len(answers) == 3 and None in answers:
        assert paper < agreed
        assert f"{agreed}" not in shown(order)


def test_a_window_of_another_rate_takes_its_vat(shop: Shop) -> None:
    """Moved by staff: the total stays, its split is that of the new day, for the substitute, the
    deposit and the delivery too, on the page and in the API."""
    milk = shop.product(price=Decimal("59.00"), deposit=Decimal("1.00"))
    bread = shop.product(price=Decimal("20.00"))
    order = shop.order(quantities={milk: 2})
    eli, mia = shop.employee(), shop.manager()
    services.claim_order(actor=eli, order_id=order.pk, now=clock.now())
    other = services.substitute(
        actor=eli, order_id=order.pk, item_id=order.items.get().pk, product_id=bread.pk,
        now=clock.now(), quantity=Decimal(1), agreed=True,
    )  # fmt: skip
    order.refresh_from_db()
    assert (order.total_amount, order.vat_total) == (Decimal("150.00"), Decimal("22.88"))
    day = shop.date + dt.timedelta(days=7)
    VatRate.objects.create(vat_class_id="STANDARD", rate=Decimal(20), valid_from=day)

    services.reslot(
        actor=mia, order_id=order.pk, slot_id=shop.slot.pk, date=day, reason="The van broke down",
        now=clock.now(),
    )  # fmt: skip

    order.refresh_from_db()
    other.refresh_from_db()
    assert (order.total_amount, order.vat_total) == (Decimal("150.00"), Decimal("25.00"))
    assert {order.fee_vat_rate, other.vat_rate} == {Decimal(20)}
    assert {item.vat_rate for item in order.items.all()} == {Decimal(20)}
    assert {charge.vat_rate for charge in order.charges.all()} == {Decimal(20)}
    found = selectors.order_by_id(order_id=order.pk)
    assert {row.rate for row in bill_of(order=found).vat} == {Decimal(20)}
    told = ApiClient(order.user).get(f"/orders/{order.pk}").json()["data"]
    assert told["vat"] == [{"rate": "20.00", "net": "125.00", "vat": "25.00"}]
    back = shop.date
    services.reslot(
        actor=mia, order_id=order.pk, slot_id=shop.slot.pk, date=back, reason="It runs again",
        now=clock.now(),
    )  # fmt: skip
    order.refresh_from_db()
    assert order.vat_total == Decimal("22.88")


def test_example_18_the_rate_of_the_day_of_supply(shop: Shop) -> None:
    """20 % from the window's day on: 118.00 ordered before it has VAT 19.67, a substitute too."""
    VatRate.objects.create(vat_class_id="STANDARD", rate=Decimal(20), valid_from=shop.date)
    milk, bread, other = (shop.product(price=Decimal("44.00")) for _ in range(3))
    ada, eli = shop.customer(), shop.employee()
    shop.fill(ada, {milk: 1, bread: 1})
    seen = preview(actor=ada, request=shop.request(), now=clock.now())
    assert (seen.totals.total, seen.totals.vat_total) == (Decimal("118.00"), Decimal("19.67"))
    order = Order.objects.get(pk=shop.confirm(ada).order_id)
    assert order.vat_total == Decimal("19.67")
    answered(shop, order, "1")
    order.refresh_from_db()
    services.substitute(
        actor=eli, order_id=order.pk, item_id=order.items.get(product=bread).pk,
        product_id=other.pk, now=clock.now(), agreed=True,
    )  # fmt: skip
    services.finish_picking(actor=eli, order_id=order.pk, now=clock.now())
    services.change_status(
        actor=shop.manager(), order_id=order.pk, to="OUT_FOR_DELIVERY", now=order.due_at
    )
    (paper,) = documents_of(order_id=order.pk)
    assert [(part.rate, part.vat) for part in paper.vat] == [(Decimal(20), Decimal("19.67"))]
