"""D7: an exception, or sudden death, at every named point of confirm; then only the jobs work.

Afterwards three judges: the books balance, the provider's ledger agrees (a rule of the books), and
the customer has exactly what an answer promised.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from checkout.invariants import ALL
from checkout.models import Reservation
from checkout.services import recover
from core import clock, faults
from core.invariants import judge
from orders import services as orders
from orders.models import Order
from payments.errors import PaymentPending
from payments.selectors import reconciliation_cases
from payments.services import perform_open_calls
from tests.shop import Shop, open_with_sandbox

pytestmark = pytest.mark.slow

CONFIRM = [
    "after_key_claimed",
    "after_stock_locked",
    "before_commit_1",
    "after_commit_1",
    "before_provider_call",
    "after_provider_call_before_record",
    "after_authorised_recorded",
    "before_commit_2",
    "after_commit_2_before_response",
    "during_response",
]
# From here on the provider holds the money, so the order is owed without being asked for again.
PAID = CONFIRM[CONFIRM.index("after_provider_call_before_record") :]
# Where the money was held and the order not written: settled within the minute, and listed for ever.
UNCOMMITTED = PAID[: PAID.index("after_commit_2_before_response")]
HELD_WITHOUT_ORDER = ("PAYMENT_CAPTURED_NOT_COMMITTED", "RESOLVED", "ORDER_COMPLETED")
RESERVED = CONFIRM[CONFIRM.index("after_commit_1") :]


class Crash(Exception):
    """What a defect would raise."""


class Death(BaseException):
    """What nobody catches: the process is gone as far as our code can tell."""


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


@contextmanager
def dying_at(point: str, kind: type[BaseException] = Crash) -> Iterator[None]:
    """The first passer of `point` dies there; whoever comes later passes."""

    def die() -> None:
        faults.disarm()
        raise kind

    faults.arm(point, die)
    try:
        with pytest.raises(kind):
            yield
    finally:
        faults.disarm()


def a_minute_passes() -> None:
    """Only the jobs run."""
    for seconds in (10, 30, 60):
        later = clock.now() + dt.timedelta(seconds=seconds)
        recover(now=later)
        perform_open_calls(now=later)
        orders.follow_calls(now=later)


def listed() -> list[tuple[str, str, str]]:
    """The reconciliation report."""
    return list(reconciliation_cases().values_list("kind", "status", "resolution"))


def broken_books() -> dict[str, list[str]]:
    return {
        verdict.rule.name: [finding.what for finding in verdict.findings]
        for verdict in judge(ALL)
        if not verdict.is_kept
    }


def test_the_points_in_the_code_are_those_of_the_drill() -> None:
    base: Path = settings.BASE_DIR
    used: list[str] = []
    for app in ("checkout", "orders", "payments", "inventory", "cart", "standing"):
        for path in (base / app).rglob("*.py"):
            if "tests" not in path.parts:
                text = path.read_text(encoding="utf-8")
                used += [part.split('"')[0] for part in text.split('faults.point("')[1:]]
    assert set(used) == faults.POINTS  # a change passes some of those of a checkout
    assert set(CONFIRM) < faults.POINTS


@pytest.mark.parametrize("kind", [Crash, Death])
@pytest.mark.parametrize("point", CONFIRM)
def test_whatever_dies_the_jobs_put_right(
    shop: Shop, point: str, kind: type[BaseException]
) -> None:
    ada, milk = shop.customer(), shop.product()
    shop.fill(ada, {milk: 2})
    with dying_at(point, kind):
        shop.confirm(ada)
    assert not connection.in_atomic_block

    a_minute_passes()

    assert broken_books() == {}
    assert not Reservation.objects.filter(status="ACTIVE").exists()
    assert Order.objects.count() == (1 if point in PAID else 0)
    assert listed() == ([HELD_WITHOUT_ORDER] if point in UNCOMMITTED else [])
    again = shop.confirm(ada)
    assert again.replayed == (point in PAID)
    assert Order.objects.count() == 1
    paid = [payment for payment in shop.payments(ada) if payment.state == "AUTHORIZED"]
    assert len(paid) == 1
    assert broken_books() == {}


@pytest.mark.parametrize("point", RESERVED)
def test_control_without_recovery_something_stays_open(shop: Shop, point: str) -> None:
    """What the jobs put right above is really wrong without them, where it can be."""
    ada = shop.customer()
    shop.fill(ada, {shop.product(): 2})
    with dying_at(point, Death):
        shop.confirm(ada)
    open_ones = Reservation.objects.filter(status="ACTIVE").count()
    written = point in ("after_commit_2_before_response", "during_response")
    assert open_ones == (0 if written else 1)


def test_the_job_itself_dies_between_asking_and_finishing(shop: Shop) -> None:
    ada = shop.customer(card="tok_timeout")
    shop.fill(ada, {shop.product(): 1})
    with pytest.raises(PaymentPending):
        shop.confirm(ada)
    with dying_at("job_between_ask_and_finish", Death):
        recover(now=clock.now())
    assert not Order.objects.exists()
    a_minute_passes()
    assert Order.objects.count() == 1
    assert broken_books() == {}


def test_a_refund_dies_before_it_is_asked_for(shop: Shop) -> None:
    mia, eli, order = shop.manager(), shop.employee(), shop.order()
    orders.claim_order(actor=eli, order_id=order.pk, now=clock.now())
    orders.pick_item(
        actor=eli,
        order_id=order.pk,
        item_id=order.items.get().pk,
        picked_status="PICKED",
        now=clock.now(),
    )
    orders.finish_picking(actor=eli, order_id=order.pk, now=clock.now())
    orders.change_status(actor=mia, order_id=order.pk, to="OUT_FOR_DELIVERY", now=clock.now())
    with dying_at("refund_between_record_and_call", Death):
        orders.refund(
            actor=mia,
            order_id=order.pk,
            request=orders.RefundRequest(amount=Decimal("10.00"), reason_code="LATE"),
            key="r",
            now=clock.now(),
        )
    a_minute_passes()
    assert shop.payments(order.user)[0].refunded == 10
    assert broken_books() == {}


def test_every_compensation_may_run_twice(shop: Shop) -> None:
    """Twice the jobs, twice the answers: nothing is done again."""
    ada = shop.customer(card="tok_timeout")
    shop.fill(ada, {shop.product(): 1})
    with pytest.raises(PaymentPending):
        shop.confirm(ada)
    for _ in range(2):
        a_minute_passes()
        shop.confirm(ada)
    order = Order.objects.get()
    orders.cancel(actor=ada, order_id=order.pk, now=clock.now())
    for _ in range(2):
        a_minute_passes()
    assert [payment.state for payment in shop.payments(ada)] == ["VOIDED"]
    assert broken_books() == {}
