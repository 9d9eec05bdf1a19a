"""The books balance after honest work; every rule notices when somebody tampers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as shop_settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from branches.models import DatedSlot
from cart.models import Cart
from checkout.invariants import ALL
from checkout.models import IdempotencyKey, Reservation
from checkout.tests.judging import Judge
from core import clock
from core.append_only import trigger_ignored
from core.invariants import judge
from orders import services as orders
from orders.models import Order, OrderItem
from payments import providers
from payments.errors import PaymentDeclined, PaymentPending
from payments.services import perform_open_calls
from tests.shop import Shop, open_with_sandbox

# One process makes the day that all of them tamper with.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("busy-day")]


def broken(as_of: dt.datetime | None = None) -> dict[str, list[str]]:
    """The broken rules with what they found."""
    return {
        verdict.rule.name: [finding.what for finding in verdict.findings]
        for verdict in judge(ALL, as_of=as_of)
        if not verdict.is_kept
    }


def make_busy(shop: Shop) -> None:
    """A day at the shop: orders in many states, a declined card, an unanswered one."""
    mia, eli = shop.manager(), shop.employee()
    shop.order()
    cancelled = shop.order()
    orders.cancel(actor=cancelled.user, order_id=cancelled.pk, now=clock.now())
    delivered = shop.order(quantities={shop.product(): 2, shop.weighed(): "1.5"})
    orders.claim_order(actor=eli, order_id=delivered.pk, now=clock.now())
    for item, status in zip(delivered.items.all(), ("PICKED", "MISSING"), strict=True):
        orders.pick_item(
            actor=eli, order_id=delivered.pk, item_id=item.pk, picked_status=status, now=clock.now()
        )
    orders.finish_picking(actor=eli, order_id=delivered.pk, now=clock.now())
    for to in ("READY", "OUT_FOR_DELIVERY", "DELIVERED"):
        orders.change_status(actor=mia, order_id=delivered.pk, to=to, now=clock.now())
    perform_open_calls(now=clock.now())
    orders.follow_calls(now=clock.now())
    orders.refund(
        actor=mia,
        order_id=delivered.pk,
        request=orders.RefundRequest(amount=Decimal("5.00"), reason_code="LATE"),
        key="r",
        now=clock.now(),
    )
    perform_open_calls(now=clock.now())
    orders.follow_calls(now=clock.now())
    for token, refusal in (("tok_declined", PaymentDeclined), ("tok_timeout", PaymentPending)):
        person = shop.customer(card=token)
        shop.fill(person, {shop.product(): 1})
        with pytest.raises(refusal):
            shop.confirm(person)


@pytest.fixture(scope="module")
def _day(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Shop]:
    day = transaction.atomic()
    day._from_testcase = True  # durable transactions may begin inside
    with django_db_blocker.unblock(), day:
        with override_settings(SANDBOX_LEDGER=ledger()), open_with_sandbox() as shop:
            make_busy(shop)
        yield shop
        transaction.set_rollback(True)


def ledger() -> Path:
    """The provider's books of that day, which nobody tampers with."""
    return Path(shop_settings.MAMI_VAR) / "sandbox" / "busy-day.sqlite3"


@pytest.fixture
def busy(_day: Shop, db: None, settings: Settings) -> Iterator[Shop]:
    """The same busy day for each test; what one does to it is undone after it."""
    settings.SANDBOX_LEDGER = ledger()
    with providers.using(_day.sandbox):
        yield _day


def test_honest_work_balances(busy: Shop) -> None:
    assert broken() == {}
    assert broken(as_of=clock.now()) == {}
    assert broken(as_of=clock.now() - dt.timedelta(days=1)) == {}


def past_the_triggers(table: str, sql: str, *parameters: object) -> None:
    """What only somebody with the database's own rights can do to a table of additions."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(sql, parameters)
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _stock() -> None:
    row = apps.get_model("inventory", "Stock").objects.exclude(reserved=0).first()
    type(row).objects.filter(pk=row.pk).update(on_hand=row.on_hand + 1)


def _promise() -> None:
    OrderItem.objects.filter(picked_status="PENDING", order__status="CREATED").update(quantity=9)


def _place() -> None:
    DatedSlot.objects.exclude(taken=0).update(taken=7)


def _lost_order() -> None:
    order = Order.objects.filter(status="CREATED").first()
    assert order is not None
    past_the_triggers(
        "orders_orderstatuschange",
        "DELETE FROM orders_orderstatuschange WHERE order_id = %s",
        order.pk,
    )
    Order.objects.filter(pk=order.pk).delete()


def _amount() -> None:
    with trigger_ignored("orders.OrderItem:frozen_after_capture"):
        OrderItem.objects.all().update(unit_price=1)


def _status() -> None:
    Order.objects.filter(status="DELIVERED").update(status="READY")


def _basket() -> None:
    Cart.objects.filter(order__isnull=False).update(status="ABANDONED")


def _captured() -> None:
    payment = apps.get_model("payments", "Payment")
    payment.objects.filter(state="PARTIALLY_REFUNDED").update(captured=49)


def _state() -> None:
    payment = apps.get_model("payments", "Payment")
    payment.objects.filter(state="VOIDED").update(state="AUTHORIZED")


def _old_checkout() -> None:
    Reservation.objects.filter(status="ACTIVE").update(
        expires_at=clock.now() - dt.timedelta(minutes=5)
    )


def _forgotten_trail() -> None:
    past_the_triggers(
        "audit_auditentry", "DELETE FROM audit_auditentry WHERE entity_type = 'order'"
    )


def _half_picked() -> None:
    with trigger_ignored("orders.OrderItem:frozen_after_capture"):
        OrderItem.objects.filter(order__status="DELIVERED").update(
            picked_status="PENDING", picked_quantity=None
        )


def _never_sold() -> None:
    stock = apps.get_model("inventory", "Stock")
    stock.objects.filter(was_picked=True).update(was_picked=False)


def _released() -> None:
    Reservation.objects.filter(status="CONSUMED").update(status="RELEASED")


def _hold_forgotten() -> None:
    payment = apps.get_model("payments", "Payment")
    soon = clock.now() + dt.timedelta(hours=1)
    payment.objects.filter(state="AUTHORIZED").update(hold_expires_at=soon)


def _hold_never_asked_for() -> None:
    payment = apps.get_model("payments", "Payment")
    ago = clock.now() - dt.timedelta(hours=1)
    payment.objects.filter(state="AUTHORIZED").update(state="SCHEDULED", authorize_at=ago)


def _charges() -> None:
    past_the_triggers(
        "orders_order", "UPDATE orders_order SET charges_total = 1, subtotal = subtotal - 1"
    )


@pytest.mark.parametrize(
    ("tamper", "rules"),
    [
        (_stock, ["stock = sum of its movements"]),
        (_promise, ["reserved = open promises"]),
        (_place, ["slots taken = checkouts and orders"]),
        (_lost_order, ["answers given = orders kept", "checkouts = their orders"]),
        (_amount, ["orders = sums of their lines"]),
        (_status, ["orders = end of their timeline"]),
        (_basket, ["ordered baskets are closed"]),
        (_captured, ["payments = their calls", "provider's ledger = ours (sandbox)"]),
        (_state, ["orders = their payments", "provider's ledger = ours (sandbox)"]),
        (_old_checkout, ["nothing stays open"]),
        (_forgotten_trail, ["the audit trail of orders is complete"]),
        (_half_picked, ["nothing leaves half picked"]),
        (_hold_forgotten, ["holds outlive their windows"]),
        (_hold_never_asked_for, ["money to come has its time"]),
        (_charges, ["orders = sums of their lines"]),
        (_never_sold, ["sold before = something was picked"]),
        (_released, ["checkouts = their orders"]),
    ],
)
def test_each_rule_notices(busy: Shop, tamper: Callable[[], None], rules: list[str]) -> None:
    judge = Judge(ALL)
    assert judge.broken() == {}
    tamper()
    found = broken()
    assert set(rules) <= set(found), found
    assert judge.broken() == found, "who judges again only what was written to sees the same"


def test_a_movement_that_does_not_follow(busy: Shop) -> None:
    past_the_triggers(
        "inventory_stockmovement",
        "UPDATE inventory_stockmovement SET on_hand_after = on_hand_after + 1",
    )
    assert "movements follow each other" in broken()


def test_a_payment_in_an_impossible_state(busy: Shop) -> None:
    apps.get_model("payments", "Payment").objects.filter(state="AUTHORIZED").update(
        state="CAPTURED"
    )
    assert "payment states = amounts" in broken()


class TestCommand:
    def run(self, *arguments: str) -> str:
        out = StringIO()
        call_command("check_books", *arguments, stdout=out)
        return out.getvalue()

    def test_one_line_a_rule(self, busy: Shop) -> None:
        lines = self.run().splitlines()
        assert len(lines) == len(ALL)
        assert all(line.startswith("ok ") for line in lines)

    def test_the_past_skips_what_only_knows_now(self, busy: Shop) -> None:
        text = self.run("--as-of", "2026-01-01T00:00")
        assert "skipped reserved = open promises" in text
        assert "ok      stock = sum of its movements" in text

    def test_broken_books_are_an_exit_code_and_a_plan(self, busy: Shop) -> None:
        _place()
        out = StringIO()
        with pytest.raises(CommandError) as refusal:
            call_command("check_books", "--repair-plan", stdout=out)
        assert refusal.value.returncode == 1
        assert "BROKEN  slots taken = checkouts and orders (1)" in out.getvalue()
        assert "repair: set `taken` of dated slot" in out.getvalue()
        assert DatedSlot.objects.filter(taken=7).exists()

    @pytest.mark.parametrize("text", ["yesterday", "2026-13-01T00:00"])
    def test_a_time_that_is_none(self, db: None, text: str) -> None:
        with pytest.raises(CommandError) as refusal:
            self.run("--as-of", text)
        assert refusal.value.returncode == 2


def test_an_expired_key_is_no_lost_order(busy: Shop) -> None:
    IdempotencyKey.objects.filter(state="DONE").delete()
    assert broken() == {}
