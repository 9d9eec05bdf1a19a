"""Managers decide about one request at the same time: one decision stands.

The control: the same race with the lock taken away adds the goods again and again.
"""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal

import pytest

from accounts.tests.factories import person
from audit.selectors import entries
from cart.tests.factories import product, warehouse
from inventory.selectors import stock_at
from stockrequests import services
from stockrequests.models import StockRequest
from stockrequests.services import Decision, file_request, review
from tests.races import codes, longest, race

pytestmark = [pytest.mark.django_db(transaction=True)]
NOW = dt.datetime(2026, 11, 24, 10, tzinfo=dt.UTC)
MANAGERS = 4


@pytest.fixture
def request_for_five():
    return file_request(
        actor=person("EMPLOYEE"),
        branch_id=warehouse().pk,
        product_id=product(stock=10).pk,
        request_type="ADD_QUANTITY",
        quantity=Decimal(5),
        now=NOW,
    )


def decide_together(request, *, status="APPROVED"):
    decision = Decision(request_id=request.pk, status=status, rejection_reason="counted again")
    approval = Decision(request_id=request.pk, status="APPROVED")
    actors = [person("MANAGER") for _ in range(MANAGERS)]
    steps = [
        lambda a=actor, d=approval if place % 2 else decision: review(actor=a, decision=d, now=NOW)
        for place, actor in enumerate(actors)
    ]
    return sorted(codes(race(steps)))


def on_hand(request):
    return stock_at(branch_id=request.branch_id, product_id=request.product_id).on_hand


def test_approval_against_approval(request_for_five):
    assert decide_together(request_for_five) == ["ALREADY_REVIEWED"] * (MANAGERS - 1) + ["ok"]
    assert on_hand(request_for_five) == 15
    assert StockRequest.objects.get().status == "APPROVED"
    rows = entries(entity_type="stock_request", entity_id=request_for_five.pk)
    assert [row.action for row in rows] == ["APPROVE", "CREATE"]


def test_approval_against_rejection(request_for_five):
    results = decide_together(request_for_five, status="REJECTED")
    assert results == ["ALREADY_REVIEWED"] * (MANAGERS - 1) + ["ok"]
    approved = StockRequest.objects.get().status == "APPROVED"
    assert on_hand(request_for_five) == (15 if approved else 10)


def test_control_without_the_lock_the_goods_are_added_again(request_for_five, monkeypatch):
    everybody_looked = threading.Barrier(MANAGERS, timeout=longest())

    def look(*, request_id):
        found = StockRequest.objects.select_related("product", "branch", "reviewed_by")
        one = found.get(pk=request_id)
        everybody_looked.wait()
        return one

    monkeypatch.setattr(services, "lock_request", look)
    assert decide_together(request_for_five) == ["ok"] * MANAGERS
    assert on_hand(request_for_five) == 10 + 5 * MANAGERS
