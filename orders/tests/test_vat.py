"""The VAT that an order's page tells is the VAT of its paper, whatever became of its lines."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from core import clock
from orders import selectors, services
from orders.invoice_lines import bill_of
from orders.models import Order
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
