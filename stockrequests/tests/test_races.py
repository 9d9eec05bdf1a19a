"""Two managers decide about one request at the same time: one decision stands."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal

import pytest
from django.db import connection

from accounts.tests.factories import person
from audit.selectors import trail_of
from cart.tests.factories import product, warehouse
from inventory.selectors import stock_at
from stockrequests.errors import AlreadyReviewed
from stockrequests.models import StockRequest
from stockrequests.services import Decision, file_request, review

pytestmark = [pytest.mark.django_db(transaction=True)]
NOW = dt.datetime(2026, 11, 24, 10, tzinfo=dt.UTC)


def test_approval_against_approval():
    milk = product(stock=10)
    request = file_request(
        actor=person("EMPLOYEE"),
        branch_id=warehouse().pk,
        product_id=milk.pk,
        request_type="ADD_QUANTITY",
        quantity=Decimal(5),
        now=NOW,
    )
    managers = [person("MANAGER") for _ in range(4)]
    start, results = threading.Barrier(len(managers)), []

    def decide(actor):
        try:
            start.wait(timeout=10)
            review(
                actor=actor, decision=Decision(request_id=request.pk, status="APPROVED"), now=NOW
            )
            results.append("ok")
        except AlreadyReviewed:
            results.append("late")
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(actor,)) for actor in managers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(results) == ["late", "late", "late", "ok"]
    assert stock_at(branch_id=request.branch_id, product_id=milk.pk).on_hand == 15
    assert StockRequest.objects.get().status == "APPROVED"
    rows = trail_of(entity_type="stock_request", entity_id=request.pk)
    assert [row.action for row in rows] == ["APPROVE", "CREATE"]
