"""What must hold when shoppers and staff do things at the same moment, on a real PostgreSQL.

Each race has a control: the same race with its lock taken away goes wrong, else it proves nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Sum

from branches import locks as slot_locks
from branches.models import DatedSlot
from cart import locks as cart_locks
from checkout import idempotency
from checkout.models import IdempotencyKey, Reservation
from checkout.services import recover, reserving, resume_after_authentication
from core import clock
from core.errors import Busy
from inventory import locks as stock_locks
from inventory.models import Stock
from inventory.services import promises
from orders import services as orders
from orders.models import Order, OrderItem
from orders.services import canceling, transitions
from payments.errors import PaymentActionRequired
from payments.services import perform_open_calls
from tests.races import codes, longest, meet_before, race
from tests.shop import Shop, open_with_sandbox

SHOPPERS = 8


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


def shoppers(shop: Shop, product: Any, count: int = SHOPPERS) -> list[Any]:
    found = [shop.customer() for _ in range(count)]
    for person in found:
        shop.fill(person, {product: 1})
    return found


def pick_up(shop: Shop, people: list[Any]) -> list[Any]:
    """Pickups meet no slot: only the stock rows stand between these shoppers."""
    return race([lambda p=p: shop.confirm(p, request=shop.pickup()) for p in people])


def together(parties: int) -> threading.Barrier:
    return threading.Barrier(parties, timeout=longest())


class TestTheLastUnits:
    STOCK = 3

    def test_are_sold_once(self, shop: Shop) -> None:
        milk = shop.product(stock=self.STOCK)
        results = codes(pick_up(shop, shoppers(shop, milk)))
        assert (
            sorted(results)
            == ["INSUFFICIENT_STOCK"] * (SHOPPERS - self.STOCK) + ["ok"] * self.STOCK
        )
        assert Order.objects.count() == self.STOCK
        assert shop.stock(milk, shop.branch) == (Decimal(self.STOCK), Decimal(self.STOCK))
        assert not Reservation.objects.filter(status="ACTIVE").exists()

    def test_control_without_the_lock_they_are_sold_again(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        everybody_looked = together(SHOPPERS)

        def look(*, branch_id: int, product_ids: Iterable[int]) -> dict[int, Stock]:
            rows = Stock.objects.filter(branch_id=branch_id, product_id__in=list(product_ids))
            found = {row.product_id: row for row in rows}
            everybody_looked.wait()
            return found

        monkeypatch.setattr(promises, "lock_stocks", look)
        milk = shop.product(stock=self.STOCK)
        results = codes(pick_up(shop, shoppers(shop, milk)))
        assert results.count("ok") == SHOPPERS
        on_hand, reserved = shop.stock(milk, shop.branch)
        assert reserved > on_hand


class TestTheLastPlaces:
    PLACES = 2

    def order(self, shop: Shop) -> list[Any]:
        shop.slot.capacity = self.PLACES
        shop.slot.save()
        DatedSlot.objects.create(slot=shop.slot, date=shop.date)
        people = shoppers(shop, shop.product())
        return race([lambda p=p: shop.confirm(p) for p in people])

    def test_are_given_once(self, shop: Shop) -> None:
        results = codes(self.order(shop))
        assert sorted(results) == ["SLOT_FULL"] * (SHOPPERS - self.PLACES) + ["ok"] * self.PLACES
        assert shop.taken() == self.PLACES

    def test_control_without_the_lock_the_window_overflows(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        everybody_looked = together(SHOPPERS)

        def look(*, where: str, values: list[Any]) -> DatedSlot | None:
            assert where == "slot_id = %s AND date = %s"
            rows = DatedSlot.objects.select_related("slot__branch")
            found = rows.filter(slot_id=values[0], date=values[1]).first()
            everybody_looked.wait()
            return found

        monkeypatch.setattr(slot_locks, "_locked", look)
        results = codes(self.order(shop))
        assert results.count("ok") > self.PLACES


class TestOneKey:
    def test_sent_many_times_at_once_makes_one_order(self, shop: Shop) -> None:
        ada = shop.customer()
        shop.fill(ada, {shop.product(): 1})
        results = race([lambda: shop.confirm(ada)] * SHOPPERS)
        answers = [r for r in results if not isinstance(r, BaseException)]
        assert {code for code in codes(results) if code != "ok"} <= {"IDEMPOTENCY_IN_PROGRESS"}
        assert len({answer.order_id for answer in answers}) == 1
        assert [answer.replayed for answer in answers].count(False) == 1
        assert Order.objects.count() == 1
        assert len(shop.payments(ada)) == 1

    def test_control_without_the_claim_the_others_are_told_off(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        numbers = iter(range(SHOPPERS))

        def claim(*, user_id: int, key: str, body_hash: str, now: Any) -> IdempotencyKey:
            return IdempotencyKey.objects.create(
                user_id=user_id,
                key=f"{key}{next(numbers)}",
                body_hash=body_hash,
                lease_expires_at=now + idempotency.LEASE,
                created_at=now,
            )

        monkeypatch.setattr(reserving.idempotency, "claim_key", claim)
        ada = shop.customer()
        shop.fill(ada, {shop.product(): 1})
        results = codes(race([lambda: shop.confirm(ada)] * SHOPPERS))
        assert set(results) - {"ok", "IDEMPOTENCY_IN_PROGRESS"}


class TestOneBasket:
    def test_with_many_keys_makes_one_order(self, shop: Shop) -> None:
        ada = shop.customer()
        cart = shop.fill(ada, {shop.product(): 1})
        ask = shop.request(cart_id=cart.pk)
        results = race(
            [lambda n=n: shop.confirm(ada, key=f"tab-{n}", request=ask) for n in range(SHOPPERS)]
        )
        assert sorted(codes(results)) == ["CART_ALREADY_ORDERED"] * (SHOPPERS - 1) + ["ok"]
        assert Order.objects.count() == 1
        assert [payment.state for payment in shop.payments(ada)] == ["AUTHORIZED"]

    def test_control_without_the_lock_only_the_constraint_stands(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        everybody_looked = together(SHOPPERS)
        looked = threading.local()

        def look(*, user: Any) -> Any:
            cart = cart_locks.Cart.objects.active().filter(user=user).first()
            if not hasattr(
                looked, "before"
            ):  # who is sent back to look again finds nobody to wait for
                looked.before = True
                everybody_looked.wait()
            return cart

        monkeypatch.setattr(reserving, "lock_active_cart", look)
        ada = shop.customer()
        shop.fill(ada, {shop.product(): 1})
        results = race([lambda n=n: shop.confirm(ada, key=f"tab-{n}") for n in range(SHOPPERS)])
        assert "IntegrityError" in codes(results)


class TestTwoProductsInOppositeOrder:
    def reserve(self, shop: Shop, first: Any, second: Any) -> None:
        from core.transactions import write_transaction

        with write_transaction():
            promises.reserve(
                actor=None,
                branch_id=shop.warehouse.pk,
                quantities={first.pk: Decimal(1), second.pk: Decimal(1)},
                reference="order:test",
            )

    def test_wait_for_each_other_and_never_in_a_circle(self, shop: Shop) -> None:
        milk, eggs = shop.product(), shop.product()
        pairs = [(milk, eggs), (eggs, milk)] * 10
        results = race([lambda a=a, b=b: self.reserve(shop, a, b) for a, b in pairs])
        assert codes(results) == ["ok"] * 20
        assert shop.stock(milk) == shop.stock(eggs) == (Decimal(100), Decimal(20))

    def test_control_locked_as_they_come_they_deadlock(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        each_has_one = together(2)

        def as_they_come(*, branch_id: int, product_ids: Iterable[int]) -> dict[int, Stock]:
            found = {}
            for place, product_id in enumerate(product_ids):
                found |= stock_locks.lock_stocks(branch_id=branch_id, product_ids=[product_id])
                if place == 0:
                    each_has_one.wait()
            return found

        monkeypatch.setattr(promises, "lock_stocks", as_they_come)
        milk, eggs = shop.product(), shop.product()
        results = race(
            [
                lambda: self.reserve(shop, milk, eggs),
                lambda: self.reserve(shop, eggs, milk),
            ]
        )
        assert sorted(codes(results)) == ["BUSY", "ok"]


class TestCancellingAgainstPicking:
    def both(self, shop: Shop, milk: Any) -> tuple[Order, list[str]]:
        eli, order = shop.employee(), shop.order(quantities={milk: 2})
        steps = [
            lambda: orders.cancel(actor=order.user, order_id=order.pk, now=clock.now()),
            lambda: orders.claim_order(actor=eli, order_id=order.pk, now=clock.now()),
        ]
        results = codes(race(steps))
        order.refresh_from_db()
        return order, results

    def test_one_of_them_comes_first(self, shop: Shop) -> None:
        for _ in range(4):
            milk = shop.product()
            order, results = self.both(shop, milk)
            if order.status == "CANCELED":
                assert results == ["ok", "INVALID_STATUS_TRANSITION"]
                assert shop.stock(milk) == (Decimal(100), Decimal(0))
            else:
                assert order.status == "IN_PROGRESS"
                assert results == ["ORDER_NOT_CANCELABLE", "ok"]
                assert shop.stock(milk) == (Decimal(100), Decimal(2))

    def test_control_without_the_lock_somebody_picks_what_was_cancelled(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for service in (canceling, transitions):
            monkeypatch.setattr(
                service, "lock_order", lambda *, order_id: Order.objects.get(pk=order_id)
            )
            monkeypatch.setattr(
                service,
                "lock_items",
                lambda order_id: list(OrderItem.objects.filter(order=order_id)),
            )
        meet_before(monkeypatch, (canceling, "write_status"), (transitions, "write_status"))
        _order, results = self.both(shop, shop.product())
        assert results == ["ok", "ok"]


def test_leaving_against_cancelling(shop: Shop) -> None:
    """The money is either charged or let go, never both (control: TestCaptureAgainstCancel)."""
    for _ in range(4):
        order, mia = shop.order(), shop.manager()
        Order.objects.filter(pk=order.pk).update(status="DELAYED", was_ready=True)
        order.items.update(picked_status="PICKED", picked_quantity=3)
        Stock.objects.filter(product__in=order.items.values("product")).update(reserved=0)

        def move(to: str, order: Order = order, mia: Any = mia) -> Order:
            return orders.change_status(actor=mia, order_id=order.pk, to=to, now=clock.now())

        results = codes(race([lambda: move("OUT_FOR_DELIVERY"), lambda: move("CANCELED")]))
        perform_open_calls(now=clock.now())
        order.refresh_from_db()
        state = order.payment.state
        too_late = {"INVALID_STATUS_TRANSITION", "BUSY"}  # has left, or is being charged
        if results[0] == "ok":
            assert results[1] in too_late
            assert (order.status, state) == ("OUT_FOR_DELIVERY", "CAPTURED")
        else:
            assert results[0] in too_late
            assert results[1] == "ok"
            assert (order.status, state) == ("CANCELED", "VOIDED")


def test_two_pickers_lose_no_write(shop: Shop) -> None:
    goods = [shop.product() for _ in range(6)]
    order = shop.order(quantities=dict.fromkeys(goods, 1))
    pickers = [shop.employee(), shop.employee()]
    orders.claim_order(actor=pickers[0], order_id=order.pk, now=clock.now())
    items = list(order.items.all())
    results = race(
        [
            lambda n=n, item=item: orders.pick_item(
                actor=pickers[n % 2],
                order_id=order.pk,
                item_id=item.pk,
                picked_status="PICKED",
                now=clock.now(),
            )
            for n, item in enumerate(items)
        ]
    )
    assert codes(results) == ["ok"] * 6
    assert order.items.filter(picked_status="PICKED").count() == 6
    rows = Stock.objects.filter(product__in=goods, branch=shop.warehouse)
    assert rows.aggregate(Sum("on_hand"), Sum("reserved")) == {
        "on_hand__sum": Decimal(594),
        "reserved__sum": Decimal(0),
    }


def test_a_lock_nobody_lets_go_ends_as_busy(shop: Shop) -> None:
    """The wait has its limit; the request changed nothing and may be sent again."""
    from django.db import transaction

    ada = shop.customer()
    milk = shop.product()
    shop.fill(ada, {milk: 1})
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            list(Stock.objects.select_for_update().filter(product=milk))
            locked.set()
            done.wait(longest())

    def knock() -> Any:
        from django.db import connection

        locked.wait(longest())
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '200ms'")
            return shop.confirm(ada)
        finally:
            done.set()

    results = race([hold, knock])
    assert isinstance(results[1], Busy)
    assert not Order.objects.exists()
    assert not apps.get_model("checkout", "IdempotencyKey").objects.exists()
    assert shop.confirm(ada).status == "CREATED"


class TestTheReturnFromTheBank:
    def test_against_the_job_and_the_same_key_writes_one_order(self, shop: Shop) -> None:
        for turn in range(3):
            ada = shop.customer(card="tok_3ds")
            shop.fill(ada, {shop.product(): 1})
            with pytest.raises(PaymentActionRequired):
                shop.confirm(ada)
            payment = shop.payments(ada)[0]
            shop.sandbox.decide(reference=payment.provider_reference, yes=True)
            results = race(
                [
                    lambda who=ada, n=payment.order_number: resume_after_authentication(
                        actor=who, order_number=n, now=clock.now()
                    ),
                    lambda: recover(now=clock.now()),
                    lambda who=ada: shop.confirm(who),
                ]
            )
            assert codes(results) == ["ok"] * 3
            assert Order.objects.count() == turn + 1
            assert [p.state for p in shop.payments(ada)] == ["AUTHORIZED"]
