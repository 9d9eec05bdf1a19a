"""A day is closed in the moment somebody orders for it: refused, or placed and on the list of those hit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from accounts.models import User
from branches.models import Closure
from branches.services import add_closure, remove_closure
from core import clock
from core.clock import shop_instant
from ops.selectors import hit_orders
from ops.selectors.affected import affected_orders
from orders.models import Order
from orders.services import cancel
from tests.races import PLACES, codes, race, rounds
from tests.shop import Shop, during_payment, open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = rounds(5)


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Shop]:
    with open_with_sandbox(capacity=PLACES) as opened:
        yield opened


def close_the_day(shop: Shop, mia: User) -> Closure:
    start, end = (shop_instant(shop.date, dt.time(hour)) for hour in (0, 23))
    return add_closure(actor=mia, starts_at=start, ends_at=end, reason_he="חג", reason_en="Holiday")


def hit() -> list[tuple[int, str]]:
    return [(one.order.pk, one.cause) for one in affected_orders(now=clock.now())]


def test_a_closure_against_confirm(shop: Shop) -> None:
    mia, milk, seen = shop.manager(), shop.product(), set()
    for number in range(ROUNDS):
        ada = shop.customer()
        shop.fill(ada, {milk: 1})
        results = race(
            [
                lambda: shop.confirm(ada, key=f"k{number}"),  # noqa: B023
                lambda: close_the_day(shop, mia),
            ]
        )
        said = codes(results)
        seen.add(said[0])
        assert said in (["ok", "ok"], ["SLOT_CLOSED", "ok"])
        orders = list(Order.objects.filter(user=ada))
        assert len(orders) == (said[0] == "ok")
        assert hit() == [(order.pk, "CLOSURE") for order in orders]
        assert shop.taken() == len(orders)
        remove_closure(actor=mia, closure_id=results[1].pk)
        for order in orders:
            cancel(actor=ada, order_id=order.pk, now=clock.now())
    assert seen <= {"ok", "SLOT_CLOSED"}


def test_control_what_was_asked_before_saving_misses_it(shop: Shop) -> None:
    """The form that asks first looks at orders: one whose money is asked for is none yet. That is why
    the list is worked out anew whenever somebody looks at it."""
    mia, ada = shop.manager(), shop.customer()
    shop.fill(ada, {shop.product(): 1})
    asked: list[int] = []

    def close() -> None:
        start, end = (shop_instant(shop.date, dt.time(hour)) for hour in (0, 23))
        found = hit_orders.by_closure(branch_id=None, starts_at=start, ends_at=end, now=clock.now())
        asked.append(len(found))
        close_the_day(shop, mia)

    with during_payment(shop, close):
        shop.confirm(ada)
    assert asked == [0]
    assert hit() == [(Order.objects.get(user=ada).pk, "CLOSURE")]
