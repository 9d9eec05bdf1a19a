"""Placing an order costs a fixed, small number of statements, whatever is in the basket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from checkout import services
from checkout.requests import ChangeLine, ChangeRequest, PayRequest
from core import clock
from orders.models import Order
from orders.services import ItemPart, RefundRequest, refund
from orders.tests.holds import Clock, far_shop, scheduled
from orders.tests.test_refunding import left
from tests.shop import Shop, open_with_sandbox

MAX_STATEMENTS = 25
BRACKETS = {"BEGIN", "COMMIT"}


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


def statements(shop: Shop, lines: int, *, pickup: bool = False) -> list[str]:
    """What is sent between the two BEGINs and COMMITs of one confirm."""
    ada = shop.customer()
    shop.fill(ada, {shop.product(): 2 for _ in range(lines)})
    request = shop.pickup() if pickup else shop.request()
    with CaptureQueriesContext(connection) as captured:
        shop.confirm(ada, request=request)
    return [q["sql"] for q in captured if q["sql"] not in BRACKETS]


def test_the_same_number_for_5_and_50_lines(shop: Shop) -> None:
    shop.order()  # the window's row of that date is made by its first order
    small, large = statements(shop, 5), statements(shop, 50)
    assert len(small) == len(large)
    assert len(small) <= MAX_STATEMENTS


def test_a_pickup_needs_no_more(shop: Shop) -> None:
    assert len(statements(shop, 5, pickup=True)) <= MAX_STATEMENTS


def test_exactly_two_transactions(shop: Shop) -> None:
    ada = shop.customer()
    shop.fill(ada, {shop.product(): 1})
    with CaptureQueriesContext(connection) as captured:
        shop.confirm(ada)
    sent = [q["sql"] for q in captured]
    assert sent.count("BEGIN") == sent.count("COMMIT") == 2


def changing(order: Order, **asked: Any) -> int:
    """The statements of one change, between its BEGINs and COMMITs."""
    seen = services.preview_change(
        actor=order.user, order_id=order.pk, request=ChangeRequest(**asked), now=clock.now()
    )
    request = ChangeRequest(
        **asked, expected_version=order.version, expected_total=seen.plan.totals.total
    )
    with CaptureQueriesContext(connection) as captured:
        services.change(
            actor=order.user, order_id=order.pk, key=f"change-{order.pk}", request=request,
            request_id="test", now=clock.now(),
        )  # fmt: skip
    return len([q for q in captured if q["sql"] not in BRACKETS])


def test_a_change_without_money_costs_little_more_than_confirm(shop: Shop) -> None:
    found = []
    for number in (3, 30):
        goods = [shop.product() for _ in range(number)]
        order = shop.order(quantities=dict.fromkeys(goods, 2), request=shop.pickup())
        less = tuple(ChangeLine(product_id=one.pk, quantity=Decimal(1)) for one in goods)
        found.append(changing(order, lines=less))
    assert found[0] == found[1]
    assert found[0] <= MAX_STATEMENTS * 1.2


def test_what_is_held_later_costs_no_more_statements(shop: Shop) -> None:
    shop.order()
    held = len(statements(shop, 5))
    with far_shop(shop, Clock(clock.now())) as far:
        scheduled(far)
        ada = far.customer()
        far.fill(ada, {far.product(): 2 for _ in range(5)})
        with CaptureQueriesContext(connection) as captured:
            found = far.confirm(ada)
        assert Order.objects.get(pk=found.order_id).payment.state == "SCHEDULED"
    later = [q["sql"] for q in captured if q["sql"] not in BRACKETS]
    assert len(later) <= held


def counted(step: Callable[[], object]) -> int:
    """The statements of one call, between its BEGINs and COMMITs."""
    with CaptureQueriesContext(connection) as captured:
        step()
    return len([q for q in captured if q["sql"] not in BRACKETS])


def added(shop: Shop, order: Order) -> int:
    items = order.items.all()
    more = tuple(ChangeLine(product_id=one.product_id, quantity=Decimal(3)) for one in items)
    return changing(order, lines=more)


def paid_anew(shop: Shop, order: Order) -> int:
    request = PayRequest(payment=shop.raw_card("tok_mastercard"))
    return counted(
        lambda: services.pay(
            actor=order.user,
            order_id=order.pk,
            key=f"pay-{order.pk}",
            request=request,
            request_id="test",
            now=clock.now(),
        )
    )


def refunded_by_line(shop: Shop, order: Order) -> int:
    each = tuple(ItemPart(id=one.pk, quantity=Decimal(1)) for one in order.items.all())
    return refunding(shop, order, RefundRequest(items=each, reason_code="LATE"))


def refunded_by_sum(shop: Shop, order: Order) -> int:
    return refunding(shop, order, RefundRequest(amount=Decimal("25.00"), reason_code="LATE"))


def refunding(shop: Shop, order: Order, some: RefundRequest) -> int:
    left(shop, order)
    mia = shop.manager()
    return counted(
        lambda: refund(actor=mia, order_id=order.pk, request=some, key="k", now=clock.now())
    )


@pytest.mark.parametrize("step", [added, paid_anew, refunded_by_line, refunded_by_sum])
def test_what_comes_after_costs_the_same_for_3_and_30_lines(
    shop: Shop, step: Callable[[Shop, Order], int]
) -> None:
    """A change for which more is held, another card, a refund."""
    found = []
    for number in (3, 30):
        goods = {shop.product(price=Decimal("100.00"), stock=500): 2 for _ in range(number)}
        found.append(step(shop, shop.order(quantities=goods)))
    assert found[0] == found[1]
