"""Ten reports of one customer at the same moment, on a real PostgreSQL; the control counts wrongly."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from accounts.models import User
from core import clock
from core.errors import Busy
from orders import services
from orders.models import Order
from orders.problem_models import ProblemReport
from orders.services import Reported, reporting
from orders.tests.test_refunding import left
from orders.tests.test_transitions import move
from tests.races import PLACES, codes, longest, race, rounds
from tests.shop import Shop, open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = rounds(1)


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Shop]:
    with open_with_sandbox(capacity=PLACES) as opened:
        yield opened


def two_orders(shop: Shop, lines: int) -> list[Order]:
    ada, mia = shop.customer(), shop.manager()
    goods = {shop.product(price=Decimal("5.00")): 1 for _ in range(lines)}
    orders = [left(shop, shop.order(ada, quantities=goods)) for _ in range(2)]
    for order in orders:
        move(mia, order, "DELIVERED")
    return orders


def tell(order: Order, line: int) -> Callable[[], object]:
    """One report of one line; told that the shop is busy, its customer sends it again."""
    user = User.objects.get(pk=order.user_id)
    one = Reported(id=line, quantity=Decimal(1), kind="NOT_DELIVERED")

    def report() -> object:
        while True:
            try:
                return services.report_problem(
                    actor=user, order_id=order.pk, items=[one], key=f"k{line}", now=clock.now()
                )
            except Busy:
                continue

    return report


def automatic() -> int:
    return ProblemReport.objects.filter(is_automatic=True).count()


def test_ten_reports_at_once_do_not_pass_the_limit(shop: Shop) -> None:
    for done in range(1, ROUNDS + 1):
        orders = two_orders(shop, 5)
        steps = [tell(order, line.pk) for order in orders for line in order.items.all()]
        assert codes(race(steps)) == ["ok"] * 10
        assert (automatic(), ProblemReport.objects.count()) == (3 * done, 10 * done)


def test_without_the_lock_they_pass_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    settings.PROBLEM_AUTO_COUNT = 1  # type: ignore[attr-defined]
    everybody_counted = threading.Barrier(2, timeout=longest())
    count = reporting.automatic_refunds

    def counted(*, user_id: int, now: dt.datetime) -> int:
        found = count(user_id=user_id, now=now)
        everybody_counted.wait()
        return found

    monkeypatch.setattr(reporting, "lock_customer", lambda user_id: None)
    monkeypatch.setattr(reporting, "automatic_refunds", counted)
    orders = two_orders(shop, 1)
    assert codes(race([tell(order, order.items.get().pk) for order in orders])) == ["ok", "ok"]
    assert automatic() == 2
