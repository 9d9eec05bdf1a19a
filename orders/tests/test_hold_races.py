"""Two at one hold at the same moment, on a real PostgreSQL: one of them, never both."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from checkout.invariants import ALL
from core import clock
from orders import services
from orders.models import Order
from orders.services import leaving
from orders.services.holding import hold_scheduled
from orders.services.unpaid import cancel_unpaid
from orders.tests.holds import Clock, far_shop, payment, scheduled
from orders.tests.test_holding import pay_again, ready
from payments.models import Payment, ProviderCall
from payments.payment_results import Outcome, Verdict
from payments.selectors import standing
from payments.services import perform_open_calls
from tests.races import PLACES, codes, longest, meet_before, race, rounds
from tests.shop import Shop, open_with_sandbox

ROUNDS = rounds(5)


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Shop]:
    with open_with_sandbox(capacity=PLACES) as opened:
        yield opened


def balanced() -> bool:
    found = [one.what for rule in ALL for one in rule.check(None)]
    assert found == []
    return True


def test_two_jobs_ask_for_one_hold_once(shop: Shop) -> None:
    with far_shop(shop, Clock(clock.now())) as far:
        for _ in range(ROUNDS):
            order = scheduled(far)
            now = clock.now()
            race([lambda: hold_scheduled(order_id=order.pk, now=now)] * 2)  # noqa: B023
            assert payment(order).state == "AUTHORIZED"
            call = ProviderCall.objects.get(payment=order.payment_id, kind="AUTHORIZE")
            assert call.attempts == 1
        assert len(list(far.sandbox.ledger.holds())) == ROUNDS
        assert balanced()


def test_control_without_the_lock_both_ask(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def note(**_: object) -> Outcome:
        asked.append(1)
        return Outcome(verdict=Verdict.UNKNOWN)

    monkeypatch.setattr(
        "payments.services.later.lock_payment",
        lambda *, payment_id: Payment.objects.get(pk=payment_id),
    )
    monkeypatch.setattr(
        "orders.services.holding.lock_order", lambda *, order_id: Order.objects.get(pk=order_id)
    )
    monkeypatch.setattr("payments.services.ask_later", note)
    with far_shop(shop, Clock(clock.now())) as far:
        order = scheduled(far)
        ProviderCall.objects.create(
            payment_id=order.payment_id,
            kind="AUTHORIZE",
            amount=order.total_amount,
            idempotency_key=order.payment.idempotency_key,
        )
        meet_before(monkeypatch, (ProviderCall, "save"))
        race([lambda: hold_scheduled(order_id=order.pk, now=clock.now())] * 2)
    assert len(asked) == 2


def lost(shop: Shop) -> Order:
    """An order whose hold ran out, and whose customer was told."""
    order = shop.order()
    shop.sandbox.ledger.expire(order_number=order.order_number)
    Payment.objects.filter(pk=order.payment_id).update(hold_expires_at=clock.now())
    services.keep_held(now=clock.now())
    return order


def test_paying_against_the_cancelling_job(shop: Shop) -> None:
    """Cancelled with the new hold let go, or paid and standing."""
    for _ in range(ROUNDS):
        order = lost(shop)
        late = payment(order).pay_until + dt.timedelta(seconds=1)
        race(
            [
                lambda: pay_again(shop, order),  # noqa: B023
                lambda: cancel_unpaid(order_id=order.pk, now=late),  # noqa: B023
            ]
        )
        perform_open_calls(now=clock.now() + dt.timedelta(minutes=1))
        state = payment(order).state
        assert (order.status, state) in (("CANCELED", "VOIDED"), ("CREATED", "AUTHORIZED"))
        assert balanced()


def unlocked(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """Both read the order before either writes it, and nobody waits for the other."""
    both = threading.Barrier(2, timeout=longest())

    def read(*, order_id: int) -> Order:
        found = Order.objects.get(pk=order_id)
        both.wait()
        return found

    for module in modules:
        monkeypatch.setattr(f"orders.services.{module}.lock_order", read)


def test_control_without_the_lock_what_is_paid_is_cancelled(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job saw it unpaid, and cancels it after its customer has paid."""
    order = lost(shop)
    late = payment(order).pay_until + dt.timedelta(seconds=1)
    seen, paid = threading.Event(), threading.Event()

    def read(*, order_id: int) -> Order:
        found = Order.objects.get(pk=order_id)
        seen.set()
        paid.wait(longest())
        return found

    def pay() -> None:
        seen.wait(longest())
        pay_again(shop, order)
        paid.set()

    monkeypatch.setattr("orders.services.unpaid.standing", standing_of(order))
    monkeypatch.setattr("orders.services.unpaid.lock_order", read)
    race([pay, lambda: cancel_unpaid(order_id=order.pk, now=late)])
    order.refresh_from_db()
    live = [one for one in shop.sandbox.ledger.holds() if one["status"] == "HELD"]
    assert order.status == "CANCELED"
    assert len(live) == 1  # held for an order that nobody will bring


def standing_of(order: Order) -> Any:
    """What was read of its money before anybody paid."""
    found = standing(payment_id=order.payment_id)
    return lambda *, payment_id: found


def both_vans(shop: Shop, order: Order) -> list[str]:
    def leave(who: User) -> Order:
        return services.change_status(
            actor=who, order_id=order.pk, to="OUT_FOR_DELIVERY", now=clock.now()
        )

    managers = [shop.manager(), shop.manager()]
    return codes(race([lambda who=who: leave(who) for who in managers]))  # type: ignore[misc]


def test_two_vans_one_charge(shop: Shop) -> None:
    for _ in range(ROUNDS):
        order = ready(shop)
        results = both_vans(shop, order)
        assert "ok" in results
        assert set(results) <= {"ok", "BUSY", "INVALID_STATUS_TRANSITION"}
        found = payment(order)
        assert (order.status, found.state) == ("OUT_FOR_DELIVERY", "CAPTURED")
        assert found.calls.filter(kind="CAPTURE").count() == 1
        assert order.timeline.filter(status="OUT_FOR_DELIVERY").count() == 1
    assert balanced()


def test_control_without_the_lock_it_leaves_twice(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = ready(shop)
    unlocked(monkeypatch, "transitions")
    monkeypatch.setattr(
        "orders.services.leaving.lock_order", lambda *, order_id: Order.objects.get(pk=order_id)
    )
    meet_before(monkeypatch, (leaving, "book_capture"))
    found = both_vans(shop, order)
    left = order.timeline.filter(status="OUT_FOR_DELIVERY").count()
    # The frozen columns stop the second one, which is no refusal that anybody can read.
    assert left != 1 or not set(found) <= {"ok", "BUSY", "INVALID_STATUS_TRANSITION"}
