"""Two managers want the same money back at the same moment, on a real PostgreSQL.

Each race has a control: without its lock the same race goes wrong, else it proves nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from billing.selectors import documents_of
from core import clock
from orders import services
from orders.models import Order
from orders.refund_models import RefundLine
from orders.services import ItemPart, RefundRequest, refunding, transitions
from orders.tests.test_refunding import left
from orders.tests.test_transitions import settle
from tests.races import PLACES, codes, longest, race, rounds
from tests.shop import Shop, open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = rounds(3)


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Shop]:
    with open_with_sandbox(capacity=PLACES) as opened:
        yield opened


def both(shop: Shop, order: Order, *, by_line: bool = True) -> list[str]:
    """Two managers ask for the whole of the only line, or for all that was charged."""
    line = order.items.get()
    whole = RefundRequest(
        items=[ItemPart(id=line.pk, quantity=line.quantity)] if by_line else [],
        amount=None if by_line else order.captured_total,
        reason_code="DAMAGED",
    )
    managers = [shop.manager() for _ in range(2)]

    def ask(who: Any) -> Any:
        return lambda: services.refund(
            actor=who, order_id=order.pk, key="k", now=clock.now(),
            request=whole,
        )  # fmt: skip

    return sorted(codes(race([ask(who) for who in managers])))


def test_a_line_is_given_back_once(shop: Shop) -> None:
    for _round in range(ROUNDS):
        order = left(shop, shop.order())
        assert both(shop, order) == ["REFUND_EXCEEDS_LINE", "ok"]
        assert settle(order)["refunded"] == Decimal("30.00")
        assert len(documents_of(order_id=order.pk)) == 2


def test_an_order_is_given_back_once(shop: Shop) -> None:
    for _round in range(ROUNDS):
        order = left(shop, shop.order())
        order.refresh_from_db()
        assert both(shop, order, by_line=False) == ["REFUND_EXCEEDS_CAPTURE", "ok"]
        assert settle(order)["refunded"] == order.captured_total
        assert len(documents_of(order_id=order.pk)) == 2


def test_without_the_lock_it_is_asked_for_twice(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = left(shop, shop.order())
    everybody_looked = threading.Barrier(2, timeout=longest())
    monkeypatch.setattr(refunding, "lock_order", lambda order_id: Order.objects.get(pk=order_id))

    def look(order_id: int) -> list[Any]:
        found = list(Order.objects.get(pk=order_id).items.all())
        everybody_looked.wait()
        return found

    monkeypatch.setattr(refunding, "lock_items", look)
    assert both(shop, order) != ["REFUND_EXCEEDS_LINE", "ok"]
    given = sum(line.amount for line in RefundLine.objects.filter(order=order))
    counted = order.items.get().refunded_amount
    assert given != counted or given > Decimal("30.00")


def test_refund_against_cancel(shop: Shop) -> None:
    for _round in range(ROUNDS):
        order = left(shop, shop.order())
        assert refund_or_cancel(shop, order.pk) in (["ok", "ok"], ["REFUND_EXCEEDS_CAPTURE", "ok"])
        assert settle(order)["refunded"] == Decimal("60.00")
        credited = documents_of(order_id=order.pk)[:-1]
        assert sum(paper.total for paper in credited) == Decimal("60.00")


def refund_or_cancel(shop: Shop, order_id: int) -> list[str]:
    mia, max_ = shop.manager(), shop.manager()
    services.change_status(actor=mia, order_id=order_id, to="DELAYED", now=clock.now())
    some = RefundRequest(amount=Decimal("20.00"), reason_code="LATE")
    steps = [
        lambda: services.refund(
            actor=mia, order_id=order_id, key="k", now=clock.now(), request=some
        ),
        lambda: services.change_status(
            actor=max_, order_id=order_id, to="CANCELED", now=clock.now()
        ),
    ]
    return codes(race(steps))


def test_control_without_the_lock_what_was_given_back_stops_the_cancelling(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It saw the order before the refund, and wants more back than is left."""
    order = left(shop, shop.order())
    mia, max_ = shop.manager(), shop.manager()
    services.change_status(actor=mia, order_id=order.pk, to="DELAYED", now=clock.now())
    looked, given = threading.Event(), threading.Event()

    def look(*, order_id: int) -> Order:
        found = Order.objects.get(pk=order_id)
        looked.set()
        given.wait(longest())
        return found

    def give() -> None:
        looked.wait(longest())
        some = RefundRequest(amount=Decimal("20.00"), reason_code="LATE")
        services.refund(actor=mia, order_id=order.pk, key="k", now=clock.now(), request=some)
        given.set()

    def drop() -> None:
        services.change_status(actor=max_, order_id=order.pk, to="CANCELED", now=clock.now())

    monkeypatch.setattr(transitions, "lock_order", look)
    assert codes(race([give, drop])) == ["ok", "REFUND_EXCEEDS_CAPTURE"]
    order.refresh_from_db()
    assert order.status == "DELAYED"
