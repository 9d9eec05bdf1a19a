"""While the provider is slow, silent, flapping or declining for one, others buy the same product."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import User
from catalog.models import Product
from checkout.confirm_gate import limited_confirm
from core import clock
from inventory.locks import lock_stocks
from orders.models import Order
from payments import providers
from payments import services as payments
from payments.providers.sandbox import Sandbox
from payments.services import perform_open_calls
from tests.races import codes, longest, race
from tests.shop import Shop, open_shop

OTHERS = 3


class Patience:
    """The provider's time to answer, ended by the test instead of a clock."""

    def __init__(self) -> None:
        self.somebody_waits, self.over = threading.Event(), threading.Event()

    def __call__(self, seconds: float) -> None:
        self.somebody_waits.set()
        assert self.over.wait(longest())


@pytest.fixture
def patience() -> Patience:
    return Patience()


@pytest.fixture
def shop(transactional_db: None, patience: Patience) -> Iterator[Shop]:
    opened = open_shop()
    opened.sandbox = Sandbox(sleep=patience)
    with providers.using(opened.sandbox):
        yield opened


def person(shop: Shop, milk: Product, card: str = "tok_visa") -> User:
    found = shop.customer(card=card)
    shop.fill(found, {milk: 1})
    return found


@contextmanager
def waiting(patience: Patience, order: Callable[[], Any]) -> Iterator[list[Any]]:
    """Inside the block `order` waits for the provider; afterwards the list has what came of it."""
    came: list[Any] = []
    thread = threading.Thread(target=lambda: came.extend(race([order])))
    thread.start()
    try:
        assert patience.somebody_waits.wait(longest())
        yield came
    finally:
        patience.over.set()
        thread.join()


def buy(shop: Shop, milk: Product) -> list[str]:
    """What became of a few more, one after the other."""
    found = []
    for _ in range(OTHERS):
        who = person(shop, milk)
        found += codes(race([lambda who=who: shop.confirm(who)]))
    return found


@pytest.mark.parametrize(
    ("card", "outcome"), [("tok_slow", "ok"), ("tok_timeout", "PAYMENT_PENDING")]
)
def test_slow_or_silent_for_one(shop: Shop, patience: Patience, card: str, outcome: str) -> None:
    milk = shop.product()
    slow = person(shop, milk, card)
    with waiting(patience, lambda: shop.confirm(slow)) as came:
        assert buy(shop, milk) == ["ok"] * OTHERS
        assert came == [], "who waits still waits"
    assert codes(came) == [outcome]
    assert shop.stock(milk) == (Decimal(100), Decimal(OTHERS + 1))


def test_nobody_waits_for_the_turn_of_one_who_waits_for_the_bank(
    shop: Shop, patience: Patience
) -> None:
    milk = shop.product()

    def press(who: User) -> Any:
        return limited_confirm(
            actor=who,
            key="key-1",
            request=shop.request(),
            request_id="test",
            address="192.0.2.1",
            now=clock.now(),
        )

    with waiting(patience, lambda: press(person(shop, milk, "tok_slow"))) as came:
        assert codes(race([lambda: press(person(shop, milk))])) == ["ok"]
        assert came == [], "who waits still waits"
    assert codes(came) == ["ok"]


def test_control_with_the_row_locked_meanwhile_nobody_else_can_buy(
    shop: Shop, patience: Patience, monkeypatch: pytest.MonkeyPatch
) -> None:
    milk = shop.product()
    authorise: Callable[..., Any] = payments.authorise

    def under_lock(**asked: Any) -> Any:
        with transaction.atomic():
            lock_stocks(branch_id=shop.warehouse.pk, product_ids=[milk.pk])
            return authorise(**asked)

    monkeypatch.setattr(payments, "authorise", under_lock)
    monkeypatch.setattr("payments.services.holding.assert_no_transaction", lambda: None)
    slow = person(shop, milk, "tok_slow")
    with waiting(patience, lambda: shop.confirm(slow)):
        other = person(shop, milk)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        with pytest.raises(Exception, match="BUSY"):
            shop.confirm(other)
        connection.close()


def test_a_flapping_provider_serves_whoever_comes_when_it_answers(
    shop: Shop, patience: Patience
) -> None:
    milk, found = shop.product(), []
    for mood in ("", "error", "", "down", "", "reset", ""):
        shop.sandbox.ledger.set_weather(mode=mood)
        who = person(shop, milk)
        found += codes(race([lambda who=who: shop.confirm(who)]))
    assert found == [
        "ok", "PAYMENT_PENDING", "ok", "PAYMENT_UNAVAILABLE", "ok", "PAYMENT_PENDING", "ok"
    ]  # fmt: skip


def test_declining_one_card_after_the_other_holds_nothing(shop: Shop) -> None:
    milk = shop.product(stock=2)
    for _ in range(3):
        decline = person(shop, milk, "tok_declined")
        assert codes(race([lambda who=decline: shop.confirm(who)])) == ["PAYMENT_DECLINED"]
        assert shop.stock(milk) == (Decimal(2), Decimal(0))
    assert codes(race([lambda: shop.confirm(person(shop, milk))])) == ["ok"]
    perform_open_calls(now=clock.now())
    assert Order.objects.count() == 1
