"""The worker's side: each task does what its service does, as often as it is run."""

from __future__ import annotations

import datetime as dt

import pytest

from branches.models import DatedSlot
from checkout import jobs
from checkout.models import IdempotencyKey
from orders.models import Order
from payments.errors import PaymentPending
from tests.shop import Shop


def test_an_unanswered_payment_is_settled(shop: Shop) -> None:
    ada = shop.customer(card="tok_timeout")
    shop.fill(ada, {shop.product(): 1})
    with pytest.raises(PaymentPending):
        shop.confirm(ada)
    jobs.recover_open(timestamp=0)
    jobs.recover_open(timestamp=0)
    assert Order.objects.count() == 1


def test_old_keys_go(shop: Shop) -> None:
    shop.order()
    IdempotencyKey.objects.update(created_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    jobs.clean_up_keys(timestamp=0)
    assert not IdempotencyKey.objects.exists()


def test_broken_books_go_to_the_log(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop.order()
    jobs.check_books(timestamp=0)
    assert not caplog.records
    DatedSlot.objects.update(taken=9)
    jobs.check_books(timestamp=0)
    assert "books_do_not_balance" in caplog.text
