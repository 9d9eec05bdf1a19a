"""Several hands on one order at the same moment: no answer is lost, nobody holds it twice.

Each race has a control: the same race with its lock taken away goes wrong, else it proves nothing.
"""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from decimal import Decimal

import pytest

from accounts.tests.factories import employee
from cart.tests.factories import product
from catalog.models import VatRate
from inventory.selectors import stock_at
from ops.models import PickAnswer
from ops.services import claim_or_take_over, record_pick
from ops.services import picking as ops_picking
from ops.tests.factories import order
from orders.models import Order, OrderItem
from orders.services import (
    finish_picking,
    pick_item,
    substitute,
    substituting,
    transitions,
)
from orders.services import picking as orders_picking
from tests.races import codes, longest, race

pytestmark = pytest.mark.django_db(transaction=True)

NOW = dt.datetime(2026, 11, 24, 10, tzinfo=dt.UTC)


def picking(lines=4):
    eli = employee()
    return order(due_at=NOW, lines=lines, status="IN_PROGRESS", picker=eli), eli


def without_locks(monkeypatch, *modules, parties=2):
    """Orders and lines are read as they stand, by everybody before anybody writes."""
    everybody_looked = threading.Barrier(parties, timeout=longest())

    def look(*, order_id):
        return Order.objects.get(pk=order_id)

    def look_at_lines(*, order_id):
        found = list(OrderItem.objects.filter(order_id=order_id).order_by("pk"))
        everybody_looked.wait()
        return found

    for module in modules:
        monkeypatch.setattr(module, "lock_order", look)
        monkeypatch.setattr(module, "lock_items", look_at_lines, raising=False)


def answering(one, item, actor, **values):
    fields = {"picked_status": "PICKED", "quantity": Decimal(1), "reason": "", **values}
    return lambda: record_pick(actor=actor, order=one, item_id=item.pk, now=NOW, **fields)


def test_claim_against_claim():
    one = order(due_at=NOW)
    people = [employee() for _ in range(4)]
    results = race(
        [
            lambda who=who: claim_or_take_over(
                actor=who, order_id=one.pk, seen_picker=None, now=NOW
            )
            for who in people
        ]
    )
    assert sorted(codes(results)) == ["ORDER_CLAIMED"] * 3 + ["ok"]
    one.refresh_from_db()
    assert one.picker_id == people[codes(results).index("ok")].pk


def test_control_without_the_lock_everybody_holds_it(monkeypatch):
    without_locks(monkeypatch, transitions)
    one, people = order(due_at=NOW), [employee(), employee()]
    results = race(
        [
            lambda who=who: claim_or_take_over(
                actor=who, order_id=one.pk, seen_picker=None, now=NOW
            )
            for who in people
        ]
    )
    assert codes(results) == ["ok", "ok"]
    assert one.timeline.filter(status="IN_PROGRESS").count() == 2


def test_two_pickers_on_different_lines_lose_nothing():
    one, eli = picking()
    items = list(one.items.all())
    results = race([answering(one, item, eli) for item in items])
    assert codes(results) == ["ok"] * 4
    assert set(one.items.values_list("picked_status", flat=True)) == {"PICKED"}


def two_hands_on_one_line():
    """Two employees answer the same line by the API; another order was promised one of it too."""
    milk, eli = product(), employee()
    order(due_at=NOW, lines=[(milk, 1)])
    one = order(due_at=NOW, lines=[(milk, 1)], status="IN_PROGRESS", picker=eli)
    item = one.items.get()
    results = race(
        [
            lambda who=who: pick_item(
                actor=who, order_id=one.pk, item_id=item.pk, picked_status="PICKED", now=NOW
            )
            for who in (eli, employee())
        ]
    )
    stock = stock_at(branch_id=one.branch_id, product_id=item.product_id)
    return codes(results), (stock.on_hand, stock.reserved)


def test_two_pickers_on_one_line_move_the_stock_once():
    assert two_hands_on_one_line() == (["ok", "ok"], (99, 1))


def test_control_without_the_lock_the_stock_moves_twice(monkeypatch):
    without_locks(monkeypatch, orders_picking)
    assert two_hands_on_one_line() == (["ok", "ok"], (98, 0))


def test_whoever_lost_the_order_is_told_before_they_pick_on():
    one, _eli = picking(lines=1)
    assert codes(race([answering(one, one.items.get(), employee())])) == ["ORDER_CLAIMED"]
    assert one.items.get().picked_status == "PENDING"


def test_one_kept_answer_sent_by_two_tabs_counts_once():
    one, eli = picking(lines=1)
    item, name = one.items.get(), uuid.uuid4()
    step = answering(one, item, eli, client_id=name, seen_status="PENDING")
    assert codes(race([step, step])) == ["ok", "ok"]
    assert PickAnswer.objects.count() == 1
    assert stock_at(branch_id=one.branch_id, product_id=item.product_id).on_hand == 99


def test_finish_against_the_last_pick():
    one, eli = picking(lines=1)
    item = one.items.get()
    picked, finished = race(
        [answering(one, item, eli), lambda: finish_picking(actor=eli, order_id=one.pk, now=NOW)]
    )
    assert codes([picked]) == ["ok"]
    one.refresh_from_db()
    expected = {"ok": "READY", "INVALID_STATUS_TRANSITION": "IN_PROGRESS"}
    assert one.status == expected[codes([finished])[0]]


def finish_against_undo(prepare=lambda: None):
    one, eli = picking(lines=1)
    item = one.items.get()
    answering(one, item, eli)()
    prepare()
    results = race(
        [
            answering(one, item, eli, picked_status="PENDING"),
            lambda: finish_picking(actor=eli, order_id=one.pk, now=NOW),
        ]
    )
    one.refresh_from_db()
    return codes(results), (one.status, one.items.get().picked_status)


def test_finish_against_an_undo():
    assert finish_against_undo() in (
        (["ok", "INVALID_STATUS_TRANSITION"], ("IN_PROGRESS", "PENDING")),
        (["ORDER_NOT_IN_PICKING", "ok"], ("READY", "PICKED")),
    )


def test_control_without_the_lock_it_is_ready_with_a_line_to_pick(monkeypatch):
    modules = (ops_picking, orders_picking, transitions)
    assert finish_against_undo(lambda: without_locks(monkeypatch, *modules)) == (
        ["ok", "ok"],
        ("READY", "PENDING"),
    )


def two_substitutes_for_one_line():
    others = [product(), product()]
    VatRate.objects.create(vat_class_id="STANDARD", rate=18, valid_from=NOW.date())
    one, eli = picking(lines=1)
    item = one.items.get()
    results = race(
        [
            lambda other=other: substitute(
                actor=eli, order_id=one.pk, item_id=item.pk, product_id=other.pk, now=NOW
            )
            for other in others
        ]
    )
    left = sorted(
        stock_at(branch_id=one.branch_id, product_id=other.pk).on_hand for other in others
    )
    assert one.items.count() == 2
    assert left == [99, 100]
    return sorted(codes(results))


def test_two_substitutes_for_one_line():
    assert two_substitutes_for_one_line() == ["SUBSTITUTE_NOT_POSSIBLE", "ok"]


def test_control_without_the_lock_only_the_database_stops_the_second(monkeypatch):
    without_locks(monkeypatch, substituting)
    assert two_substitutes_for_one_line() == ["IntegrityError", "ok"]
