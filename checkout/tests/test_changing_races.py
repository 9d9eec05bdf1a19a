"""Two hands on one order while it is changed: one wins, and order, stock and money agree.

Each race has a control: with the order's lock taken away it goes wrong, else it proves nothing.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from catalog.models import Product
from checkout import services
from checkout.services import change_reserving
from checkout.tests.test_changing import books_balance, change, holds, lines, preview
from core import clock, faults
from core.errors import Busy
from orders.change_models import OrderChange
from orders.errors import OrderBeingChanged, OrderNotChangeable
from orders.models import Order, OrderItem
from orders.services import cancel, canceling, claim_order, transitions
from payments.services import perform_open_calls
from tests.races import PLACES, codes, longest, meet_before, race, rounds
from tests.shop import Shop, during_payment, open_with_sandbox

ROUNDS = rounds(10)
"""Of each race in the test run; more are a matter of this number."""


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Shop]:
    with open_with_sandbox(capacity=PLACES) as opened:
        yield opened


def less(order: Order, milk: Product, key: str) -> Any:
    """Ask for one of two: nothing more to hold, one transaction."""
    return change(order, key=key, total="20.00", version=1, lines=lines({milk: 1}))


CHANGE = (change_reserving, "write_change")


def without_lock(monkeypatch: pytest.MonkeyPatch, *writes: tuple[Any, str]) -> None:
    """Everybody reads the order, and nobody waits for anybody to have written it."""
    for module in {module for module, _ in writes}:
        monkeypatch.setattr(
            module, "lock_order", lambda *, order_id: Order.objects.get(pk=order_id)
        )
        monkeypatch.setattr(
            module, "lock_items", lambda *, order_id: list(OrderItem.objects.filter(order=order_id))
        )
    meet_before(monkeypatch, *writes)


def two_units(shop: Shop) -> tuple[Order, Product]:
    milk = shop.product(price=Decimal(20))
    return shop.order(quantities={milk: 2}, request=shop.pickup()), milk


def agree(shop: Shop, order: Order, milk: Product) -> None:
    order.refresh_from_db()
    wanted = order.items.aggregate(n=Sum("quantity"))["n"]
    assert order.total_amount == wanted * 20
    assert shop.stock(milk, shop.branch) == (100, wanted)
    books_balance()


class TestAgainstAClaim:
    def both(self, shop: Shop, order: Order, milk: Product, key: str) -> list[str]:
        eli = shop.employee()
        return codes(
            race(
                [
                    lambda: less(order, milk, key),
                    lambda: claim_order(actor=eli, order_id=order.pk, now=clock.now()),
                ]
            )
        )

    def test_one_wins(self, shop: Shop) -> None:
        for n in range(ROUNDS):
            order, milk = two_units(shop)
            results = self.both(shop, order, milk, f"k{n}")
            order.refresh_from_db()
            if results[0] == "ok":
                assert results[1] == "ok"  # it was claimed as it stands now
                assert order.version == 2
            else:
                assert results == ["ORDER_NOT_CHANGEABLE", "ok"]
                assert order.version == 1
            assert order.status == "IN_PROGRESS"
            agree(shop, order, milk)

    def test_control_without_the_lock_a_claimed_order_changes(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order, milk = two_units(shop)
        without_lock(monkeypatch, CHANGE, (transitions, "write_status"))
        assert self.both(shop, order, milk, "k") == ["ok", "ok"]
        order.refresh_from_db()  # whoever wrote last undid the other's columns
        assert not (order.status == "IN_PROGRESS" and order.version == 2)


class TestAgainstAChange:
    def both(self, order: Order, milk: Product, key: str) -> list[str]:
        return codes(race([lambda n=n: less(order, milk, f"{key}-{n}") for n in range(2)]))

    def test_the_second_saw_another_version(self, shop: Shop) -> None:
        for n in range(ROUNDS):
            order, milk = two_units(shop)
            assert sorted(self.both(order, milk, f"k{n}")) == ["ORDER_CHANGED", "ok"]
            order.refresh_from_db()
            assert order.version == 2
            agree(shop, order, milk)

    def test_control_without_the_lock_goods_are_given_back_twice(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order, milk = two_units(shop)
        without_lock(monkeypatch, CHANGE)
        assert self.both(order, milk, "k") == ["ok", "ok"]
        assert shop.stock(milk, shop.branch) == (100, 0)  # one is still ordered


class TestAgainstCancelling:
    def test_one_wins_and_nothing_is_held_for_nothing(self, shop: Shop) -> None:
        for n in range(ROUNDS):
            order, milk = two_units(shop)
            key = f"k{n}"
            results = codes(
                race(
                    [
                        lambda key=key, order=order, milk=milk: less(order, milk, key),
                        lambda order=order: cancel(
                            actor=order.user, order_id=order.pk, now=clock.now()
                        ),
                    ]
                )
            )
            assert results[1] == "ok"
            assert results[0] in ("ok", "ORDER_NOT_CHANGEABLE")
            order.refresh_from_db()
            assert order.status == "CANCELED"
            assert shop.stock(milk, shop.branch) == (100, 0)
            books_balance()

    def test_control_without_the_lock_a_cancelled_order_changes(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Cancelled by somebody who looked before it was changed: three of two are given back."""
        order, milk = two_units(shop)
        shop.order(quantities={milk: 4}, request=shop.pickup())  # another's, who must not lose one
        changed, write_status = threading.Event(), canceling.write_status

        def late(**given: Any) -> None:
            assert changed.wait(longest())
            write_status(**given)

        def first() -> None:
            less(order, milk, "k")
            changed.set()

        monkeypatch.setattr(canceling, "write_status", late)
        without_lock(monkeypatch, CHANGE, (canceling, "write_status"))  # they meet before it waits
        results = codes(
            race([first, lambda: cancel(actor=order.user, order_id=order.pk, now=clock.now())])
        )
        assert results == ["ok", "ok"]
        assert shop.stock(milk, shop.branch) == (100, 3)


class TestWhileTheMoneyIsAskedFor:
    def dearer(self, shop: Shop) -> tuple[Order, Product]:
        order, milk = two_units(shop)
        assert preview(order, lines=lines({milk: 5})).needs_new_hold
        return order, milk

    def test_nobody_begins_to_pick(self, shop: Shop) -> None:
        order, milk = self.dearer(shop)
        seen: list[int] = []

        def claim() -> None:
            with pytest.raises(OrderBeingChanged) as refusal:
                claim_order(actor=shop.employee(), order_id=order.pk, now=clock.now())
            seen.append(refusal.value.details["retry_after"])

        with during_payment(shop, claim):
            change(order, total="100.00", lines=lines({milk: 5}))

        assert seen == [2]
        agree(shop, order, milk)

    def test_another_change_comes_too_late(self, shop: Shop) -> None:
        order, milk = self.dearer(shop)
        found: list[str] = []

        def other() -> None:
            found.extend(codes(race([lambda: less(order, milk, "other")])))

        with during_payment(shop, other):
            change(order, total="100.00", lines=lines({milk: 5}))

        assert found == ["ORDER_CHANGED"]
        agree(shop, order, milk)

    def test_cancelling_wins_and_the_new_hold_is_let_go(self, shop: Shop) -> None:
        order, milk = self.dearer(shop)

        def give_up() -> None:
            cancel(actor=order.user, order_id=order.pk, now=clock.now())

        with during_payment(shop, give_up), pytest.raises(OrderNotChangeable) as refusal:
            change(order, total="100.00", lines=lines({milk: 5}))

        assert refusal.value.details["reason"] == "CANCELED"
        perform_open_calls(now=clock.now())
        assert [state for state, _amount in holds(shop, order)] == ["VOIDED", "VOIDED"]
        assert shop.stock(milk, shop.branch) == (100, 0)
        books_balance()

    @pytest.mark.parametrize(
        "where",
        [
            "after_change_reserved",
            "before_provider_call",
            "after_provider_call_before_record",
            "before_change_committed",
        ],
    )
    def test_a_process_that_dies_leaves_nothing_half_done(self, shop: Shop, where: str) -> None:
        order, milk = self.dearer(shop)

        class Died(BaseException):
            pass

        def die() -> None:
            raise Died

        faults.arm(where, die)
        try:
            with pytest.raises(Died):
                change(order, key="k", total="100.00", lines=lines({milk: 5}))
        finally:
            faults.disarm()
        open_change = OrderChange.objects.get(status="OPEN")
        later = open_change.lease_expires_at + (open_change.expires_at - open_change.created_at)
        services.recover_changes(now=later)
        perform_open_calls(now=later)

        order.refresh_from_db()
        asked = where in ("after_provider_call_before_record", "before_change_committed")
        assert (order.total_amount, order.version) == (
            (Decimal(100), 2) if asked else (Decimal(40), 1)
        )
        assert not order.is_being_changed
        agree(shop, order, milk)

    def test_the_same_request_again_finishes_what_died(self, shop: Shop) -> None:
        order, milk = self.dearer(shop)

        def die() -> None:
            raise Busy

        faults.arm("after_provider_call_before_record", die)
        try:
            with pytest.raises(Busy):
                change(order, key="k", total="100.00", lines=lines({milk: 5}))
        finally:
            faults.disarm()
        OrderChange.objects.update(lease_expires_at=clock.now())
        open_change = OrderChange.objects.get()
        assert open_change.key is not None
        open_change.key.lease_expires_at = clock.now()
        open_change.key.save()

        change(order, key="k", total="100.00", lines=lines({milk: 5}))

        order.refresh_from_db()
        assert order.version == 2
        agree(shop, order, milk)


class TestSwappingPlaces:
    def test_two_customers_swap_their_windows(self, shop: Shop) -> None:
        """Each wants the other's only place: nobody waits for ever, nobody gets a third one."""
        for slot in (shop.slot, shop.later_slot):
            slot.capacity = 2
            slot.save()
        for _ in range(ROUNDS):
            milk = shop.product(price=Decimal(200))
            early = shop.order(quantities={milk: 1})
            late = shop.order(
                quantities={milk: 1}, request=shop.request(delivery_slot_id=shop.later_slot.pk)
            )
            results = codes(
                race(
                    [
                        lambda o=order, s=slot: change(
                            o, total="200.00", delivery_slot_id=s.pk, delivery_date=shop.date
                        )
                        for order, slot in ((early, shop.later_slot), (late, shop.slot))
                    ]
                )
            )
            assert results == ["ok", "ok"]
            assert (shop.taken(), shop.taken(shop.later_slot)) == (1, 1)
            for order in (early, late):
                cancel(actor=order.user, order_id=order.pk, now=clock.now())
        books_balance()

    def test_control_locked_in_the_order_asked_they_wait_for_each_other(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        milk = shop.product(price=Decimal(200))
        early = shop.order(quantities={milk: 1})
        late = shop.order(
            quantities={milk: 1}, request=shop.request(delivery_slot_id=shop.later_slot.pk)
        )
        taken, asked, lock = threading.Barrier(2, timeout=5), [], change_reserving.lock_dated_slot

        def look(**given: Any) -> Any:
            found = lock(**given)
            asked.append(given["slot_id"])
            with contextlib.suppress(threading.BrokenBarrierError):
                taken.wait()  # each has the window it wants, and goes on to give its own up
            return found

        monkeypatch.setattr(change_reserving, "lock_dated_slot", look)
        monkeypatch.setattr(change_reserving, "lock_dated_slot_row", lambda **_: None)
        race(
            [
                lambda o=order, s=slot: change(
                    o, total="200.00", delivery_slot_id=s.pk, delivery_date=shop.date
                )
                for order, slot in ((early, shop.later_slot), (late, shop.slot))
            ]
        )
        assert len(asked) > 2  # the database had to end it, and one of them began anew
