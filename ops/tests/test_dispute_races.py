"""Two at one contested charge at the same moment, on a real PostgreSQL.

Each race has a control: without its lock the same race goes wrong, else it proves nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings

from core import clock
from ops.tests.test_disputes import contested, rows
from orders.models import Order
from orders.services import RefundRequest, accept_dispute, answer_dispute, disputing, refund
from orders.tests.test_refunding import left
from orders.tests.test_transitions import settle
from payments import services as payments
from payments.dispute_models import Dispute
from payments.models import Payment
from payments.providers.sandbox_ledger import Ledger
from payments.services import calls
from payments.services import disputes as noting
from tests.races import PLACES, codes, longest, meet_before, race, rounds
from tests.shop import Shop, open_with_sandbox

ROUNDS = rounds(2)


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Shop]:
    with open_with_sandbox(capacity=PLACES) as opened:
        yield opened


def answer_or_accept(shop: Shop, row: Any) -> list[str]:
    mia, max_ = shop.manager(), shop.manager()
    return codes(
        race(
            [
                lambda: answer_dispute(
                    actor=mia, dispute_id=row.pk, text="They got it.", include=["TERMS"],
                    language="en", now=clock.now(),
                ),
                lambda: accept_dispute(actor=max_, dispute_id=row.pk, now=clock.now()),
            ]
        )
    )  # fmt: skip


class TestAnswerAgainstAccept:
    def test_one_of_them(self, shop: Shop) -> None:
        for _round in range(ROUNDS):
            order, row = contested(shop)
            results = answer_or_accept(shop, row)
            assert sorted(results) == ["DISPUTE_CLOSED", "ok"]
            (found,) = rows(order)
            assert found.status == ("ANSWERED" if results[0] == "ok" else "ACCEPTED")
            said = shop.audit(entity_type="dispute", entity_id=found.pk, action="UPDATE")
            assert len(said) == 1

    def test_control_without_the_locks_both(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _order, row = contested(shop)

        def read(dispute_id: int) -> Dispute:
            return Dispute.objects.select_related("payment").get(pk=dispute_id)

        monkeypatch.setattr(
            disputing, "lock_order", lambda *, order_id: Order.objects.get(pk=order_id)
        )
        monkeypatch.setattr(noting, "_locked", read)
        meet_before(monkeypatch, (Dispute, "save"))  # both saw it open
        assert answer_or_accept(shop, row) == ["ok", "ok"]


def refund_or_contest(shop: Shop, order: Order) -> list[str]:
    """All of it back, in the second in which the bank's word arrives."""
    mia = shop.manager()
    whole = RefundRequest(amount=Decimal("60.00"), reason_code="LATE")
    return codes(
        race(
            [
                lambda: refund(
                    actor=mia, order_id=order.pk, request=whole, key="k", now=clock.now()
                ),
                lambda: payments.sync_disputes(now=clock.now()),
            ]
        )
    )


class TestAgainstARefund:
    def test_at_once(self, shop: Shop) -> None:
        """Money contested before is not given back; whoever is first is the first in the books."""
        for _round in range(ROUNDS):
            order = left(shop, shop.order(shop.customer(card="tok_disputed_now")))
            refunded, noted = refund_or_contest(shop, order)
            assert noted == "ok"
            assert refunded in ("ok", "REFUND_EXCEEDS_CAPTURE")
            assert settle(order)["refunded"] == (60 if refunded == "ok" else 0)
            assert len(rows(order)) == 1

    @pytest.mark.parametrize("locked", [True, False])
    def test_nothing_is_contested_between_look_and_refund(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch, locked: bool
    ) -> None:
        """Without the lock (the control) it is: what the bank took already is given back as well."""
        order = left(shop, shop.order(shop.customer(card="tok_disputed_now")))
        looked, noted, seen = threading.Event(), threading.Event(), []
        balance = calls.refundable

        def look(payment: Payment) -> Decimal:
            found = balance(payment)
            looked.set()
            noted.wait(0.5 if locked else 20)
            seen.append(Dispute.objects.filter(payment=payment).exists())
            return found

        def contest() -> None:
            looked.wait(longest())
            payments.sync_disputes(now=clock.now())
            noted.set()

        monkeypatch.setattr(calls, "refundable", look)
        if not locked:
            monkeypatch.setattr(
                calls, "lock_payment", lambda *, payment_id: Payment.objects.get(pk=payment_id)
            )
        mia = shop.manager()
        whole = RefundRequest(amount=Decimal("60.00"), reason_code="LATE")
        results = codes(
            race(
                [
                    lambda: refund(
                        actor=mia, order_id=order.pk, request=whole, key="k", now=clock.now()
                    ),
                    contest,
                ]
            )
        )
        assert results == ["ok", "ok"]
        assert seen == [not locked]


class TestTwoEvents:
    def test_they_end_in_one_row(self, shop: Shop) -> None:
        for _round in range(ROUNDS):
            order = left(shop, shop.order(shop.customer(card="tok_disputed_now")))
            race([lambda: payments.sync_disputes(now=clock.now())] * 2)
            (row,) = rows(order)
            created = shop.audit(entity_type="dispute", entity_id=row.pk, action="CREATE")
            assert len(created) == 1
            Ledger(settings.SANDBOX_LEDGER).decide(order_number=order.order_number, status="LOST")
            race([lambda: payments.sync_disputes(now=clock.now())] * 2)
            said = shop.audit(entity_type="dispute", entity_id=row.pk, action="UPDATE")
            assert len(said) == 1

    def test_control_without_the_lock_both_write_it(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        left(shop, shop.order(shop.customer(card="tok_disputed_now")))
        monkeypatch.setattr(
            noting, "lock_payment", lambda *, payment_id: Payment.objects.get(pk=payment_id)
        )
        meet_before(monkeypatch, (noting, "_open"))  # neither saw a row of it
        found = codes(race([lambda: payments.sync_disputes(now=clock.now())] * 2))
        assert "IntegrityError" in found  # the last guard: one row of one reference
