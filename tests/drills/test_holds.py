"""Holds that are asked for later, with the provider away for a minute and the worker killed.

A third of the cards hold, a third are declined, a third want their cardholder. Each order ends held,
or unpaid with one letter, or, unpaid past its time, cancelled with everything given back.
"""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Iterator

import pytest
from django.test import override_settings

from branches.windows import cutoff_at
from checkout.tests.test_faults import Death, broken_books, dying_at
from core import clock
from orders.models import Order
from orders.services import holding
from orders.tests.holds import Clock, far_shop, payment, round_at, scheduled, told, window_start
from payments.providers.sandbox import Weather
from tests.shop import Shop, open_with_sandbox

ORDERS = int(os.environ.get("MAMI_HOLDS", "9"))
CARDS = ("tok_visa", "tok_later_declined", "tok_later_3ds")
OUTCOMES = {"tok_visa": "AUTHORIZED", "tok_later_declined": "UNPAID", "tok_later_3ds": "UNPAID"}
ROUND = dt.timedelta(seconds=10)

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shop(transactional_db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


def rounds(time: Clock, number: int) -> None:
    """The worker's jobs, every ten seconds."""
    for _round in range(number):
        round_at(time, time.now + ROUND)


@override_settings(PAYMENT_TIMEOUT_SECONDS=0.05)
def test_each_order_ends_held_or_told_or_given_back(shop: Shop) -> None:
    time = Clock(clock.now())
    with far_shop(shop, time) as far:
        orders = {scheduled(far, card): card for card in CARDS * (ORDERS // len(CARDS))}
        time.go(window_start(far) - dt.timedelta(hours=48))
        far.sandbox.ledger.set_weather(mode=Weather.DOWN)
        rounds(time, 6)
        assert {payment(order).state for order in orders} == {"SCHEDULED"}, "nobody gives up"
        far.sandbox.ledger.set_weather(mode="")
        killed = list(orders)[:2]
        points = ("hold_between_record_and_call", "hold_between_call_and_record")
        time.go(time.now + dt.timedelta(minutes=2))
        for order, point in zip(killed, points, strict=True):
            with dying_at(point, Death):
                holding.hold_scheduled(order_id=order.pk, now=time.now)
        assert any(payment(order).state == "SCHEDULED" for order in killed), "the control"
        for _minute in range(3):
            time.go(time.now + dt.timedelta(minutes=1))
            rounds(time, 2)
        for order, card in orders.items():
            assert payment(order).state == OUTCOMES[card], (card, payment(order).failure)
            letters = Counter(told(order.user))
            assert letters["order_held"] + letters["order_hold_failed"] == 1, letters
        held = [order for order, card in orders.items() if card == "tok_visa"]
        live = [one for one in far.sandbox.ledger.holds() if one["status"] == "HELD"]
        assert len(live) == len(held)
        assert broken_books() == {}
        round_at(time, cutoff_at(far.slot, far.date))
        _given_back(far, [order for order in orders if order not in held])
        assert far.taken() == len(held)
        assert broken_books() == {}


def _given_back(far: Shop, unpaid: list[Order]) -> None:
    for order in unpaid:
        assert payment(order).state == "VOIDED"
        assert order.status == "CANCELED"
        assert far.stock(order.items.get().product) == (100, 0)
        assert told(order.user).count("order_not_paid") == 1
