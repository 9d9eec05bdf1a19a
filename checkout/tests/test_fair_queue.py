"""Who orders next: those who want the same goods in turn, everybody else at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import User
from catalog.models import Product
from checkout import confirm_gate
from checkout.confirm_gate import limited_confirm
from checkout.fair_queue import Turnstile
from checkout.models import IdempotencyKey, Reservation
from core import clock
from core.errors import Busy
from inventory.locks import lock_stocks
from runtime.run.tests.conftest import until
from tests.races import codes, longest, race
from tests.shop import Shop, open_with_sandbox

MILK, BREAD, EGGS, OLIVES = 1, 2, 3, 4
CROWD = 5


class Queue:
    """People who come one after the other, each in a thread of their own."""

    def __init__(self, turnstile: Turnstile) -> None:
        self.turnstile = turnstile
        self.served: list[str] = []
        self._threads: list[threading.Thread] = []

    def comes(self, name: str, *products: int) -> None:
        """Returns when `name` waits."""
        before = self.turnstile.waiting
        thread = threading.Thread(target=self._wait, args=(name, products))
        self._threads.append(thread)
        thread.start()
        until(lambda: self.turnstile.waiting > before, seconds=20)

    def _wait(self, name: str, products: tuple[int, ...]) -> None:
        with self.turnstile.turn(products):
            self.served.append(name)

    def ends(self) -> list[str]:
        for thread in self._threads:
            thread.join(longest())
            assert not thread.is_alive(), "somebody waits for ever"
        assert self.turnstile.waiting == 0
        return self.served


def need_not_wait(turnstile: Turnstile, *products: int) -> bool:
    with turnstile.turn(products) as turn:
        return not turn.waited


class TestTurns:
    def test_come_in_the_order_of_arrival(self) -> None:
        turnstile = Turnstile(at_once=1)
        queue = Queue(turnstile)
        with turnstile.turn([MILK]):
            for name in ("second", "third", "fourth"):
                queue.comes(name, MILK)
            assert queue.served == []
        assert queue.ends() == ["second", "third", "fourth"]
        assert need_not_wait(turnstile, MILK)

    def test_others_do_not_wait(self) -> None:
        turnstile = Turnstile(at_once=1)
        queue = Queue(turnstile)
        with turnstile.turn([MILK]):
            queue.comes("second", MILK)
            assert need_not_wait(turnstile, BREAD)
            assert need_not_wait(turnstile)
        queue.ends()

    def test_a_basket_waits_for_what_most_people_want_and_for_nothing_else(self) -> None:
        turnstile = Turnstile(at_once=1)
        queue = Queue(turnstile)
        with turnstile.turn([MILK]):
            queue.comes("both", BREAD, MILK)
            assert need_not_wait(turnstile, BREAD)
        assert queue.ends() == ["both"]

    def test_baskets_that_share_nothing_but_the_sought_product_wait_for_it(self) -> None:
        turnstile = Turnstile(at_once=1)
        queue = Queue(turnstile)
        with turnstile.turn([BREAD, MILK]):  # nobody is there: it stands in any of its queues
            with turnstile.turn([EGGS, MILK]) as second:
                assert not second.waited
                queue.comes("third", OLIVES, MILK)
            assert queue.ends() == ["third"]

    def test_may_be_over_before_the_block_is(self) -> None:
        turnstile = Turnstile(at_once=1)
        queue = Queue(turnstile)
        with turnstile.turn([MILK]) as turn:
            queue.comes("second", MILK)
            turnstile.over(turn)
            assert queue.ends() == ["second"]
            turnstile.over(turn)
        assert need_not_wait(turnstile, MILK)

    def test_are_over_when_something_goes_wrong(self) -> None:
        turnstile = Turnstile(at_once=1)
        with pytest.raises(ZeroDivisionError), turnstile.turn([MILK]):
            raise ZeroDivisionError
        assert need_not_wait(turnstile, MILK)

    def test_as_many_at_once_as_may(self) -> None:
        turnstile = Turnstile(at_once=2)
        queue = Queue(turnstile)
        with turnstile.turn([MILK]):
            with turnstile.turn([MILK]) as second:
                assert not second.waited
                queue.comes("third", MILK)
            assert queue.ends() == ["third"]

    def test_control_without_a_width_nobody_waits(self) -> None:
        turnstile = Turnstile(at_once=0)
        with turnstile.turn([MILK]):
            assert need_not_wait(turnstile, MILK)

    def test_who_waited_too_long_is_told_and_holds_nobody_up(self) -> None:
        turnstile = Turnstile(at_once=1, patience=0.01)
        with turnstile.turn([MILK]):
            with pytest.raises(Busy), turnstile.turn([MILK]):
                pytest.fail("it was not their turn")
            assert turnstile.waiting == 0
        assert need_not_wait(turnstile, MILK)

    def test_where_too_many_wait_already_the_next_one_is_told_at_once(self) -> None:
        turnstile = Turnstile(at_once=1, most_waiting=1)
        queue = Queue(turnstile)
        with turnstile.turn([MILK]):
            queue.comes("second", MILK)
            with pytest.raises(Busy), turnstile.turn([MILK]):
                pytest.fail("it was not their turn")
            assert need_not_wait(turnstile, BREAD)
        assert queue.ends() == ["second"]


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


def turnstile(monkeypatch: pytest.MonkeyPatch, **limits_: Any) -> Turnstile:
    """The one all orders pass."""
    made = Turnstile(**limits_)
    monkeypatch.setattr(confirm_gate, "turnstile", made)
    return made


def wants(shop: Shop, product: Product) -> User:
    person = shop.customer()
    shop.fill(person, {product: 1})
    return person


def press(shop: Shop, person: User) -> Any:
    """Pickups meet no slot: only goods stand between these people."""
    return limited_confirm(
        actor=person,
        key="key-1",
        request=shop.pickup(),
        request_id="test",
        address="192.0.2.1",
        now=clock.now(),
    )


def waiting_for_a_lock() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees it as it was
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])


@contextmanager
def crowd(shop: Shop, milk: Product) -> Iterator[list[Any]]:
    """Inside the block the shelf of milk is locked and all press for it; then it is let go of."""
    people, came = [wants(shop, milk) for _ in range(CROWD)], list[Any]()
    steps = [lambda who=who: press(shop, who) for who in people]
    thread = threading.Thread(target=lambda: came.extend(race(steps)))
    with transaction.atomic():
        lock_stocks(branch_id=shop.branch.pk, product_ids=[milk.pk])
        thread.start()
        yield came
    thread.join(longest())
    assert codes(came) == ["ok"] * CROWD
    assert shop.stock(milk, shop.branch) == (Decimal(100), Decimal(CROWD))


def test_of_a_crowd_one_is_in_hand_and_whoever_wants_something_else_passes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    entrance = turnstile(monkeypatch, at_once=1)
    milk, other = shop.product(), wants(shop, shop.product())
    with crowd(shop, milk):
        until(lambda: waiting_for_a_lock() and entrance.waiting == CROWD - 1, seconds=20)
        assert waiting_for_a_lock() == 1
        all_wait = clock.now()
        assert codes(race([lambda: press(shop, other)])) == ["ok"]
        assert waiting_for_a_lock() == 1
    begun = Reservation.objects.exclude(user=other).filter(created_at__gt=all_wait)
    assert begun.count() == CROWD - 1, "their time begins when it is their turn"


def test_control_without_turns_all_of_a_crowd_are_in_hand(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    turnstile(monkeypatch, at_once=0)
    with crowd(shop, shop.product()):
        until(lambda: waiting_for_a_lock() == CROWD, seconds=20)


def test_whose_turn_does_not_come_has_begun_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    entrance = turnstile(monkeypatch, at_once=1, patience=0.01)
    milk = shop.product()
    person = wants(shop, milk)
    with entrance.turn([milk.pk]):
        assert codes(race([lambda: press(shop, person)] * 3)) == ["BUSY"] * 3
    assert not IdempotencyKey.objects.exists()
    assert shop.stock(milk, shop.branch) == (Decimal(100), Decimal(0))
    assert codes(race([lambda: press(shop, person)])) == ["ok"]
