"""A shop with an order in every state after the button, and a look at whether anything of it changed."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from accounts.models import User
from billing import services as billing
from branches.models import DeliverySlot
from catalog.models import Product
from checkout.invariants import ALL
from checkout.requests import ChangeLine, ChangeRequest
from checkout.services import propose_change
from checkout.tests.judging import Judge
from core import clock
from core.clock import day_of_week
from orders import services
from orders.models import Order
from orders.tests.test_problems import delivered, said, tell
from orders.tests.test_refunding import left
from orders.tests.test_transitions import move, picked
from payments import services as payments
from tests.shop import Shop

# What is written down of an order, its money, its papers, its goods, its people and their messages.
BOOKS = ("orders", "payments", "billing", "inventory", "branches", "checkout", "audit",
         "notifications", "cart", "lists", "stockrequests", "ops")  # fmt: skip
# Long and of no order; and a refused key that may be used again, which leaves its row.
UNTOUCHED = frozenset({"branches_locality", "branches_localityname", "checkout_idempotencykey"})


@dataclass(kw_only=True)
class Aftermath:
    """Ada's orders by what became of them, and everybody who may look at them or not."""

    shop: Shop
    ada: User
    bob: User
    eli: User
    mia: User
    root: User
    milk: Product
    bread: Product
    other: Product
    orders: dict[str, Order]
    ids: dict[str, int]
    ids_of_orders: dict[int, dict[str, int]] = field(default_factory=dict)
    """By order, what its addresses are made of, from when somebody first asked."""

    def person(self, who: str) -> User | None:
        return None if who == "nobody" else getattr(self, who)


def aftermath(shop: Shop) -> Aftermath:
    """Every state an order can be looked at in, each once."""
    ada, mia, eli = shop.customer(), shop.manager(), shop.employee()
    milk = shop.product(price=Decimal("20.00"), name_en="Milk", name_he="חלב")
    bread = shop.product(price=Decimal("30.00"), name_en="Bread", name_he="לחם")
    other = shop.product(price=Decimal("19.00"), name_en="Other milk", name_he="חלב אחר")
    found = Aftermath(
        shop=shop, ada=ada, bob=shop.customer(), eli=eli, mia=mia, root=shop.person("ADMIN"),
        milk=milk, bread=bread, other=other, orders={}, ids={},
    )  # fmt: skip
    for state, make in MAKERS.items():
        found.orders[state] = make(found)
    for order in found.orders.values():
        order.refresh_from_db()
    billing.draw_waiting(now=clock.now(), everything=True)
    return found


def placed(of: Aftermath, **asked: Any) -> Order:
    request = of.shop.request(**asked) if asked else None
    return of.shop.order(of.ada, {of.milk: 2, of.bread: 1}, request=request)


def _scheduled(of: Aftermath) -> Order:
    date = of.shop.date + dt.timedelta(days=8)
    slot = DeliverySlot.objects.create(
        branch=of.shop.warehouse, day_of_week=day_of_week(date), capacity=50,
        start_time=dt.time(16), end_time=dt.time(18),
    )  # fmt: skip
    return placed(of, delivery_slot_id=slot.pk, delivery_date=date)


def _unpaid(of: Aftermath) -> Order:
    order = placed(of, payment=of.shop.raw_card("tok_visa"))
    of.shop.sandbox.ledger.expire(order_number=order.order_number)
    rows = apps.get_model("payments", "Payment").objects.filter(pk=order.payment_id)
    rows.update(hold_expires_at=clock.now())
    services.keep_held(now=clock.now())
    return order


def _picking(of: Aftermath, line: str = "BEST_MATCH") -> Order:
    order = placed(of)
    order.items.update(substitution=line)
    services.claim_order(actor=of.mia, order_id=order.pk, now=clock.now())
    return order


def _asked(of: Aftermath) -> Order:
    order = _picking(of, "CALL_ME")
    item = order.items.get(product=of.milk)
    services.ask_customer(actor=of.mia, order_id=order.pk, item_id=item.pk, now=clock.now(),
                          product_ids=[of.other.pk])  # fmt: skip
    of.ids["question_id"] = order.questions.get().pk
    return order


def _proposed(of: Aftermath) -> Order:
    order = placed(of, payment=of.shop.raw_card("tok_visa"))
    lines = (ChangeLine(product_id=of.milk.pk, quantity=Decimal(3)),
             ChangeLine(product_id=of.bread.pk, quantity=Decimal(1)))  # fmt: skip
    total = order.total_amount + 20
    request = ChangeRequest(lines=lines, expected_version=1, expected_total=total, reason="asked")
    found = propose_change(actor=of.mia, order_id=order.pk, request=request, now=clock.now())
    of.ids["proposal_id"] = found.pk
    return order


def _missing(of: Aftermath) -> Order:
    order = placed(of)
    order.items.update(substitution="BEST_MATCH")
    picked(of.shop, order, **{of.milk.sku.replace("-", "_"): None})
    return order


def _ready(of: Aftermath) -> Order:
    order = placed(of)
    picked(of.shop, order)
    return order


def _pickup(of: Aftermath) -> Order:
    order = of.shop.order(of.ada, {of.milk: 2, of.bread: 1}, request=of.shop.pickup())
    picked(of.shop, order)
    return order


def _returned(of: Aftermath) -> Order:
    order = left(of.shop, placed(of))
    return services.change_status(actor=of.mia, order_id=order.pk, to="DELAYED",
                                  reason_code="NOT_HOME", now=clock.now())  # fmt: skip


def _delivered(of: Aftermath) -> Order:
    order = delivered(of.shop, "12.90", "50.00", user=of.ada)
    of.ids["problem_id"] = tell(order, *said(order, photo=False)).pk
    return order


def _contested(of: Aftermath) -> Order:
    order = left(of.shop, placed(of, payment=of.shop.raw_card("tok_disputed_now")))
    payments.sync_disputes(now=clock.now())
    rows = apps.get_model("payments", "Dispute").objects
    of.ids["dispute_id"] = rows.get(payment=order.payment_id).pk
    return order


def _canceled(of: Aftermath) -> Order:
    order = placed(of)
    services.cancel(actor=of.ada, order_id=order.pk, now=clock.now())
    return order


MAKERS: dict[str, Callable[[Aftermath], Order]] = {
    "created": placed,
    "scheduled": _scheduled,
    "unpaid": _unpaid,
    "proposed": _proposed,
    "picking": _picking,
    "asked": _asked,
    "missing": _missing,
    "ready": _ready,
    "pickup": _pickup,
    "late": lambda of: move(of.mia, placed(of), "DELAYED"),
    "out": lambda of: left(of.shop, placed(of)),
    "returned": _returned,
    "delivered": _delivered,
    "contested": _contested,
    "canceled": _canceled,
}


@cache
def _tables() -> list[str]:
    return [
        model._meta.db_table
        for model in apps.get_models()
        if model._meta.app_label in BOOKS
        and model._meta.managed
        and model._meta.db_table not in UNTOUCHED
    ]


class Balance:
    """The rules of the books. They are kept where one begins; after that a rule is asked again only where
    somebody wrote to what it reads, or it looks outside of the database.

    What is written is taken back before more is: a rule whose tables nobody has written to since speaks of
    the beginning.
    """

    def __init__(self) -> None:
        self.judge = Judge(ALL)
        assert self.wrong() == []

    def wrong(self) -> list[str]:
        found = self.judge.broken(outside=object())
        return [what for wrong in found.values() for what in wrong]


def books() -> dict[str, str]:
    """Each table's rows, as one number."""
    parts = [
        f"SELECT '{name}', count(*) || md5(coalesce(string_agg(r, ' ' ORDER BY r), ''))"
        f' FROM (SELECT t::text AS r FROM "{name}" t) rows'
        for name in _tables()
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))  # names of tables only
        return dict(cursor.fetchall())


def changed(before: dict[str, str]) -> list[str]:
    """The tables that are not as they were."""
    now = books()
    return sorted(name for name in now if now[name] != before[name])


def _written() -> int:
    """How many rows of the books this transaction has written so far, also those taken back."""
    counted = (
        f"pg_stat_get_xact_tuples_{what}(oid)" for what in ("inserted", "updated", "deleted")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT sum({' + '.join(counted)}) FROM pg_class WHERE relname = ANY(%s)", [_tables()]
        )
        return int(cursor.fetchone()[0])


@contextmanager
def taken_back(shop: Shop) -> Iterator[Callable[[], bool]]:
    """Whatever happens inside leaves no trace: neither here nor at the provider. Gives a quick look at
    whether anything was written at all."""
    ledger = shop.sandbox.ledger
    at_start = _written()
    before = transaction.savepoint()
    with (
        closing(sqlite3.connect(":memory:")) as kept,
        closing(sqlite3.connect(ledger.path)) as disk,
    ):
        disk.backup(kept)
        count = "SELECT count(*), (SELECT count(*) FROM entries) FROM requests"
        at_first = disk.execute(count).fetchone()
        try:
            yield lambda: _written() != at_start
        finally:
            transaction.savepoint_rollback(before)
            if disk.execute(count).fetchone() != at_first:
                kept.backup(disk)
