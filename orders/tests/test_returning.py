"""What is handed back at the door is refunded with the delivery, or nothing of both happens."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from billing.selectors import documents_of
from core import clock
from core.errors import DomainError, InvalidInput, NotFound
from orders import services
from orders.errors import RefundExceedsLine
from orders.models import Order
from orders.refund_models import RefundLine
from orders.tests.test_refunding import item, left
from orders.tests.test_transitions import settle
from tests.api_client import ApiClient, refusal
from tests.shop import Shop


@pytest.fixture
def order(shop: Shop) -> Order:
    """Two of 20.00 and one of 150.00, out for delivery: 190.00 charged."""
    goods = {
        shop.product(sku="A", price=Decimal(20)): 2,
        shop.product(sku="B", price=Decimal(150)): 1,
    }
    return left(shop, shop.order(quantities=goods))


def test_one_of_two_is_handed_back(shop: Shop, order: Order) -> None:
    mia, line = shop.manager(), item(order, "A")
    before = shop.stock(line.product)[0]
    services.change_status(
        actor=mia, order_id=order.pk, to="DELIVERED", returned={line.pk: Decimal(1)},
        now=clock.now(),
    )  # fmt: skip
    settle(order)
    order.refresh_from_db()
    assert order.status == "DELIVERED"
    (refunded,) = RefundLine.objects.all()
    assert (refunded.amount, refunded.refund.reason_code) == (Decimal("20.00"), "RETURN")
    note = documents_of(order_id=order.pk)[0]
    assert (note.total, note.vat[0].vat) == (Decimal("20.00"), Decimal("3.05"))
    assert shop.stock(line.product)[0] == before  # what was out does not return to the shelf


def test_everything_but_the_fee(shop: Shop) -> None:
    order = left(shop, shop.order())
    back = {line.pk: line.quantity for line in order.items.all()}
    services.change_status(
        actor=shop.manager(), order_id=order.pk, to="DELIVERED", returned=back, now=clock.now()
    )
    paid = settle(order)
    assert (paid["captured"], paid["refunded"]) == (Decimal("60.00"), Decimal("30.00"))


def test_refused_returns_leave_the_order_on_its_way(shop: Shop, order: Order) -> None:
    mia, line = shop.manager(), item(order, "A").pk
    cases: list[tuple[str, dict[int, Decimal], type[DomainError]]] = [
        ("DELIVERED", {line: Decimal(3)}, RefundExceedsLine),
        ("DELIVERED", {999_999: Decimal(1)}, NotFound),
        ("DELAYED", {line: Decimal(1)}, InvalidInput),
        ("DELIVERED", {line: Decimal("0.5")}, InvalidInput),
    ]
    for to, back, refused in cases:
        with pytest.raises(refused):
            services.change_status(
                actor=mia, order_id=order.pk, to=to, returned=back, now=clock.now()
            )
    order.refresh_from_db()
    assert order.status == "OUT_FOR_DELIVERY"
    assert not RefundLine.objects.exists()


def test_the_api_and_the_page(shop: Shop, client: Client, order: Order) -> None:
    mia, line = shop.manager(), item(order, "A").pk
    path, body = f"/ops/orders/{order.pk}/status", {"status": "DELIVERED"}
    twice = [{"id": line, "quantity": 1}, {"id": line, "quantity": 1}]
    refusal(ApiClient(mia).patch(path, {**body, "returned": twice}), 400, "VALIDATION_ERROR")
    three = [{"id": line, "quantity": 3}]
    refusal(ApiClient(mia).patch(path, {**body, "returned": three}), 409, "REFUND_EXCEEDS_LINE")
    client.force_login(mia)
    page = f"/ops/orders/{order.order_number}/"
    assert f'name="returned_{line}"' in client.get(page).content.decode()
    refused = client.post(f"{page}deliver/", {f"returned_{line}": "9", "note": "at the gate"})
    assert refused.status_code == 422
    assert "at the gate" in refused.content.decode()
    strange = client.post(f"{page}deliver/", {"returned_x": "1", f"returned_{line}": "1"})
    assert strange.status_code == 422
    assert not RefundLine.objects.exists()
    done = client.post(f"{page}deliver/", {f"returned_{line}": "1"})
    assert done.status_code == 302
    assert RefundLine.objects.get().amount == Decimal("20.00")
