"""D4: every pair of services that write shared rows, at the same moment, on a real PostgreSQL.

They wait for each other and never in a circle; afterwards the books balance, so no write was lost.
A wait that takes too long ends as BUSY with nothing changed. (The control, rows locked in another
order, is in checkout/tests/test_races.py: TestTwoProductsInOppositeOrder.)
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from checkout.invariants import ALL
from checkout.models import Reservation
from checkout.services import recover
from core import clock, faults
from core.errors import Busy
from core.invariants import judge
from inventory import services as inventory
from inventory.models import Stock
from orders import services as orders
from orders.models import Order
from payments.services import perform_open_calls
from stockrequests.models import StockRequest
from stockrequests.services import Decision, file_request, review
from tests.races import codes, race
from tests.shop import Shop, open_with_sandbox

pytestmark = pytest.mark.slow
Step = Callable[[], object]
# What a step may be refused with because the other one was first.
FORESEEN = {
    "ok",
    "BUSY",  # while the order is being charged
    "INVALID_STATUS_TRANSITION",
    "ORDER_NOT_IN_PICKING",
    "ORDER_NOT_CANCELABLE",
    "REFUND_EXCEEDS_CAPTURE",
}


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Shop]:
    with open_with_sandbox(capacity=500) as opened:
        yield opened


class Counter:
    """One shelf, one window and one order at which everybody meets."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.eli, self.mia = shop.employee(), shop.manager()
        self.goods = [shop.product(stock=5000), shop.product(stock=5000)]
        self.numbers = itertools.count()

    def order(self) -> Order:
        return self.shop.order(quantities=dict.fromkeys(self.goods, 2))

    def step(self, name: str, order: Order) -> Step:
        """The service called `name`, ready to run; what it needs is prepared now."""
        make: Callable[[Order], Step] = getattr(self, f"_{name}")
        return make(order)

    def _confirm(self, order: Order) -> Step:
        person = self.shop.customer()
        self.shop.fill(person, dict.fromkeys(reversed(self.goods), 1))
        return lambda: self.shop.confirm(person, key=f"pair-{next(self.numbers)}")

    def _cancel(self, order: Order) -> Step:
        return lambda: orders.cancel(actor=order.user, order_id=order.pk, now=clock.now())

    def _move(self, order: Order, to: str) -> Step:
        return lambda: orders.change_status(
            actor=self.mia, order_id=order.pk, to=to, now=clock.now()
        )

    def _cancel_by_staff(self, order: Order) -> Step:
        return self._move(order, "CANCELED")

    def _pick(self, order: Order) -> Step:
        self._begin(order)
        item = order.items.order_by("pk")[0]
        return lambda: orders.pick_item(
            actor=self.eli, order_id=order.pk, item_id=item.pk, picked_status="PICKED",
            now=clock.now(),
        )  # fmt: skip

    def _finish(self, order: Order) -> Step:
        self._pick_all(order)
        return lambda: orders.finish_picking(actor=self.eli, order_id=order.pk, now=clock.now())

    def _capture(self, order: Order) -> Step:
        finish = self._finish(order)
        if order.status == "IN_PROGRESS":
            finish()
        return self._move(order, "OUT_FOR_DELIVERY")

    def _refund(self, order: Order) -> Step:
        capture = self._capture(order)
        order.refresh_from_db()
        if order.status == "READY":
            capture()
        return lambda: orders.refund(
            actor=self.mia, order_id=order.pk, request=orders.RefundRequest(amount=Decimal(1), reason_code="LATE"),
            key=f"r{next(self.numbers)}", now=clock.now(),
        )  # fmt: skip

    def _set(self, order: Order) -> Step:
        row = Stock.objects.get(product=self.goods[0], branch=self.shop.warehouse)
        return lambda: inventory.set_on_hand(
            actor=self.mia, stock_id=row.pk, quantity=Decimal(4000)
        )

    def _add(self, order: Order) -> Step:
        return lambda: inventory.add_on_hand(
            actor=self.mia,
            branch_id=self.shop.warehouse.pk,
            product_id=self.goods[0].pk,
            quantity=Decimal(7),
        )

    def _review(self, order: Order) -> Step:
        asked = file_request(
            actor=self.eli,
            branch_id=self.shop.warehouse.pk,
            product_id=self.goods[0].pk,
            request_type="ADD_QUANTITY",
            quantity=Decimal(5),
            now=clock.now(),
        )
        yes = Decision(request_id=asked.pk, status="APPROVED")
        return lambda: review(actor=self.mia, decision=yes, now=clock.now())

    def _expire(self, order: Order) -> Step:
        """A checkout whose process died before it asked for money."""

        def die() -> None:
            raise faults.Struck

        faults.arm("before_provider_call", die)
        try:
            with pytest.raises(faults.Struck):
                self._confirm(order)()
        finally:
            faults.disarm()
        return lambda: recover(now=clock.now() + dt.timedelta(seconds=30))

    def _begin(self, order: Order) -> None:
        order.refresh_from_db()
        if order.status == "CREATED":
            orders.claim_order(actor=self.eli, order_id=order.pk, now=clock.now())

    def _pick_all(self, order: Order) -> None:
        self._begin(order)
        order.refresh_from_db()
        if order.status != "IN_PROGRESS":
            return
        for item in order.items.all():
            orders.pick_item(
                actor=self.eli, order_id=order.pk, item_id=item.pk, picked_status="PICKED",
                now=clock.now(),
            )  # fmt: skip


# In the order of an order's life, so that preparing the second leaves the first possible or refused.
SERVICES = (
    "confirm", "set", "add", "review", "expire", "cancel", "cancel_by_staff", "pick", "finish",
    "capture", "refund",
)  # fmt: skip


# `make drill` takes every pair; a third of them fits into `make test`.
EVERY = int(os.environ.get("MAMI_PAIRS_EVERY", "3"))
PAIRS = list(itertools.combinations_with_replacement(SERVICES, 2))[::EVERY]


def test_pairs_at_the_same_moment(shop: Shop) -> None:
    counter = Counter(shop)
    seen: set[str] = set()
    for first, second in PAIRS:
        order = counter.order()
        steps = [counter.step(name, order) for name in (first, second)]
        results = race(steps if len(seen) % 2 else steps[::-1])
        seen.add(f"{first}/{second}")
        assert set(codes(results)) <= FORESEEN, (first, second, results)
    assert len(seen) == len(PAIRS)
    perform_open_calls(now=clock.now())
    orders.follow_calls(now=clock.now())
    recover(now=clock.now() + dt.timedelta(seconds=30))
    assert not Reservation.objects.filter(status="ACTIVE").exists()
    broken = {v.rule.name: [f.what for f in v.findings] for v in judge(ALL) if not v.is_kept}
    assert broken == {}


def test_whoever_waits_too_long_is_told_so_and_changes_nothing(shop: Shop) -> None:
    """Each service against rows that nobody lets go of."""
    counter = Counter(shop)
    steps = {name: counter.step(name, counter.order()) for name in SERVICES if name != "expire"}
    expire = counter.step("expire", counter.order())
    before = _everything()
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            for model in (Order, Stock, StockRequest):
                list(model.objects.select_for_update())
            held.set()
            done.wait(60)

    holder = threading.Thread(target=lambda: race([hold]))
    holder.start()
    assert held.wait(20)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '30ms'")
        refused = {name: _refusal(step) for name, step in steps.items()}
        assert expire() == 0, "the job comes back later"
    finally:
        done.set()
        holder.join()
        connection.close()
    assert refused == dict.fromkeys(steps, Busy.code)
    assert _everything() == before


def _refusal(step: Step) -> str:
    with pytest.raises(Busy) as refusal:
        step()
    return refusal.value.code


def _everything() -> dict[str, Any]:
    return {
        "orders": list(Order.objects.order_by("pk").values_list("pk", "status")),
        "stock": list(Stock.objects.order_by("pk").values_list("pk", "on_hand", "reserved")),
        "requests": list(StockRequest.objects.order_by("pk").values_list("pk", "status")),
        "movements": apps.get_model("inventory", "StockMovement").objects.count(),
        "calls": apps.get_model("payments", "ProviderCall").objects.count(),
        "audit": apps.get_model("audit", "AuditEntry").objects.count(),
        "reservations": Reservation.objects.filter(status="ACTIVE").count(),
    }
