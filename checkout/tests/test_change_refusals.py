"""What a change of an order is refused for, and that nothing of it is written then."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from cart.errors import ProductInactive, QuantityNotAllowed
from catalog.models import Product
from checkout import services
from checkout.requests import ChangeLine, ChangeRequest
from checkout.tests.test_changing import books_balance, change, lines, preview, priced
from core import clock
from core.errors import DomainError, InvalidInput, NotFound, PermissionRefused
from inventory.errors import InsufficientStock
from orders.errors import OrderChanged, OrderNotChangeable
from orders.models import Order
from orders.services import cancel, claim_order
from tests.shop import Shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def milk(shop: Shop) -> Product:
    return shop.product(price=Decimal(160))


class TestRefusals:
    def test_somebody_elses(self, shop: Shop, milk: Product) -> None:
        order = shop.order(quantities={milk: 1})
        request = ChangeRequest(
            lines=lines({milk: 2}), expected_version=1, expected_total=Decimal(320)
        )
        for actor, by_staff, kind in (
            (shop.customer(), False, NotFound),
            (shop.employee(), True, PermissionRefused),
        ):
            with pytest.raises(kind):
                services.change(
                    actor=actor, order_id=order.pk, key="k", request=request,
                    request_id="", now=clock.now(), by_staff=by_staff,
                )  # fmt: skip
        order.refresh_from_db()
        assert order.version == 1

    def test_an_old_version(self, shop: Shop, milk: Product) -> None:
        order = shop.order(quantities={milk: 1})
        change(order, notes="ring twice")
        with pytest.raises(OrderChanged) as refusal:
            change(order, lines=lines({milk: 2}), total="320.00", version=1)
        assert refusal.value.details["version"] == 2
        books_balance()

    def test_picking_has_begun(self, shop: Shop, milk: Product) -> None:
        order = shop.order(quantities={milk: 1})
        claim_order(actor=shop.employee(), order_id=order.pk, now=clock.now())
        assert reason(order, lines=lines({milk: 2}), total="320.00") == "PICKING"

    def test_past_the_cut_off(self, shop: Shop, milk: Product) -> None:
        order = shop.order(quantities={milk: 1})
        late = order.due_at - dt.timedelta(hours=2)
        assert reason(order, lines=lines({milk: 2}), total="320.00", now=late) == "CUTOFF"
        books_balance()

    def test_cancelled(self, shop: Shop, milk: Product) -> None:
        order = shop.order(quantities={milk: 1})
        cancel(actor=order.user, order_id=order.pk, now=clock.now())
        assert reason(order, lines=lines({milk: 2}), total="320.00") == "CANCELED"

    def test_what_cannot_be_sold(self, shop: Shop, milk: Product) -> None:
        gone, few, kilo = shop.product(is_active=False), shop.product(stock=1), shop.weighed()
        order = shop.order(quantities={milk: 1})
        for asked, kind in (
            ({milk: 1, gone: 1}, ProductInactive),
            ({milk: 1, few: 2}, InsufficientStock),
            ({milk: 1, kilo: "0.3"}, QuantityNotAllowed),
            ({milk: "1.5"}, QuantityNotAllowed),
            ({milk: 1000}, QuantityNotAllowed),
        ):
            for ask in (preview, change):
                with pytest.raises(kind):
                    ask(order, lines=lines(asked))
            with pytest.raises(DomainError) as refusal:
                change(order, lines=lines(asked), total="1.00")
            assert refusal.value.code in (kind.code, "PRICE_CHANGED")
        books_balance()

    def test_what_is_no_longer_sold_may_stay(self, shop: Shop, milk: Product) -> None:
        bread = shop.product()
        order = shop.order(quantities={milk: 1, bread: 3})
        Product.objects.filter(pk=bread.pk).update(is_active=False)
        assert priced(change(order, lines=lines({milk: 1, bread: 2})))[1] == ("2", "10.00")

    @pytest.mark.parametrize(
        "asked",
        [
            {},
            {"delivery_date": dt.date(2030, 1, 1)},
            {"lines": ()},
            {"fulfillment_type": "DRONE"},
            {"fulfillment_type": "PICKUP"},
            {"delivery_preference": "THROW"},
            {"notes": "x" * 501},
        ],
    )
    def test_what_could_not_be_asked(self, shop: Shop, milk: Product, asked: Any) -> None:
        order = shop.order(quantities={milk: 1})
        with pytest.raises(InvalidInput):
            change(order, total="160.00", **asked)

    def test_lines_that_name_nothing_or_too_much(self, shop: Shop, milk: Product) -> None:
        order = shop.order(quantities={milk: 1})
        many = tuple(ChangeLine(product_id=n, quantity=Decimal(1)) for n in range(1, 302))
        for asked in (lines({milk: 0}), lines({milk: 1}) * 2, lines({milk: "-1"}), many):
            with pytest.raises(InvalidInput):
                change(order, total="160.00", lines=asked)
        with pytest.raises(NotFound):
            change(order, total="160.00", lines=many[:2])


def reason(order: Order, **asked: Any) -> str:
    with pytest.raises(OrderNotChangeable) as refusal:
        change(order, **asked)
    return str(refusal.value.details["reason"])
