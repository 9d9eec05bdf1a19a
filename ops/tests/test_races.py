"""Several hands on one order at the same moment: no answer is lost, nobody holds it twice."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from inventory.selectors import stock_at
from ops.models import PickAnswer
from ops.services import answer, claim
from ops.tests.factories import employee, order
from orders.services import finish_picking
from tests.races import codes, race

pytestmark = pytest.mark.django_db(transaction=True)

NOW = dt.datetime(2026, 11, 24, 10, tzinfo=dt.UTC)


def picking(lines=4):
    eli = employee()
    return order(due_at=NOW, lines=lines, status="IN_PROGRESS", picker=eli), eli


def answering(one, item, actor, **values):
    fields = {"picked_status": "PICKED", "quantity": Decimal(1), "reason": "", **values}
    return lambda: answer(actor=actor, order=one, item_id=item.pk, now=NOW, **fields)


def test_claim_against_claim():
    one = order(due_at=NOW)
    people = [employee() for _ in range(4)]
    results = race(
        [
            lambda who=who: claim(actor=who, order_id=one.pk, seen_picker=None, now=NOW)
            for who in people
        ]
    )
    assert sorted(codes(results)) == ["ORDER_CLAIMED"] * 3 + ["ok"]
    one.refresh_from_db()
    assert one.picker_id == people[codes(results).index("ok")].pk


def test_two_pickers_on_different_lines_lose_nothing():
    one, eli = picking()
    items = list(one.items.all())
    results = race([answering(one, item, eli) for item in items])
    assert codes(results) == ["ok"] * 4
    assert set(one.items.values_list("picked_status", flat=True)) == {"PICKED"}


def test_two_pickers_on_one_line_move_the_stock_once():
    one, eli = picking(lines=1)
    item = one.items.get()
    assert codes(race([answering(one, item, eli), answering(one, item, employee())])) == [
        "ok",
        "ok",
    ]
    stock = stock_at(branch_id=one.branch_id, product_id=item.product_id)
    assert (stock.on_hand, stock.reserved) == (99, 0)


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
