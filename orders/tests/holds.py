"""A shop whose windows are ten days away, and a clock to go there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.apps import apps

from accounts.models import User
from branches.models import DeliverySlot
from branches.windows import starts_at
from core.clock import day_of_week
from notifications.models import Message
from orders import services
from orders.models import Order
from payments import providers
from payments.providers.sandbox import Sandbox
from payments.services import perform_open_calls
from tests.shop import Shop

DAYS = 10


class Clock:
    """The provider's clock, which only a test moves; `now` is what services are given."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now.timestamp()

    def go(self, to: dt.datetime) -> dt.datetime:
        self.now = max(self.now, to)
        return self.now


@contextmanager
def far_shop(shop: Shop, time: Clock) -> Iterator[Shop]:
    """The shop with its first window moved to a date ten days away, at the provider of `time`."""
    shop.date = shop.date + dt.timedelta(days=DAYS - 2)
    shop.slot = DeliverySlot.objects.create(
        branch=shop.warehouse,
        day_of_week=day_of_week(shop.date),
        start_time=dt.time(16),
        end_time=dt.time(18),
        capacity=50,
    )
    shop.sandbox = Sandbox(sleep=lambda _: None, clock=time)
    with providers.using(shop.sandbox):
        yield shop


def window_start(shop: Shop) -> dt.datetime:
    return starts_at(shop.slot, shop.date)


def scheduled(shop: Shop, card: str = "tok_visa", *, saved: bool = False) -> Order:
    """An order of 100.00 + 30.00 for the far window, its card given at checkout or saved before."""
    ada = shop.customer(card=card if saved else None)
    milk = shop.product(price=Decimal("50.00"))
    request = shop.request(payment=None if saved else shop.raw_card(card))
    return shop.order(ada, {milk: 2}, request=request)


def round_at(time: Clock, to: dt.datetime) -> None:
    """What the jobs do at that moment."""
    now = time.go(to)
    services.keep_held(now=now)
    perform_open_calls(now=now)


def payment(order: Order) -> Any:
    """The order's payment as it stands."""
    order.refresh_from_db()
    return apps.get_model("payments", "Payment").objects.get(pk=order.payment_id)


def told(user: User) -> list[str]:
    """The kinds of mails to a person, oldest first."""
    return list(Message.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))
