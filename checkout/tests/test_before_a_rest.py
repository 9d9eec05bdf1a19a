"""Before a rest nobody picks any more: what comes after it is changed and paid until it begins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest
from pytest_django import Settings

from branches import contact
from branches.calendar.known import last_orders
from branches.models import DeliverySlot
from branches.windows import cutoff_at
from checkout.requests import ChangeLine, ChangeRequest
from checkout.services.changing import preview_change
from core import clock
from core.clock import SHOP_TZ, day_of_week, shop_instant
from orders import mailing, schedule, selectors
from orders.errors import OrderNotChangeable
from orders.models import Order
from tests.shop import Shop, open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True)
SATURDAY = dt.date(2026, 12, 5)
FRIDAY = SATURDAY - dt.timedelta(days=1)
CLOSES = "2026-12-04T14:53"


def at(moment: dt.datetime) -> str:
    return moment.astimezone(SHOP_TZ).isoformat()[:16]


@pytest.fixture
def friday(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.KEEPS_SHABBAT = True
    monkeypatch.setattr(clock, "now", lambda: shop_instant(FRIDAY, dt.time(9)))


@pytest.fixture
def shop(db: None, friday: None) -> Iterator[Shop]:
    """Its first window on Saturday from 18:00 to 20:00, an hour after the shop opens again."""
    with open_with_sandbox() as opened:
        DeliverySlot.objects.filter(pk=opened.slot.pk).update(
            start_time=dt.time(18), end_time=dt.time(20), day_of_week=day_of_week(SATURDAY)
        )
        opened.slot.refresh_from_db()
        opened.date = SATURDAY
        contact.remember(contact.read())
        yield opened


def test_the_last_moment_is_that_of_the_rest(shop: Shop) -> None:
    order = Order.objects.get(pk=shop.order().pk)
    assert order.dated_slot is not None
    assert cutoff_at(shop.slot, SATURDAY) > shop_instant(SATURDAY, dt.time(12))
    until = selectors.change_until(order=order)
    assert until is not None
    assert at(until) == CLOSES
    assert at(schedule.pay_until(order, clock.now())) == CLOSES
    assert at(mailing.order_context(order_id=order.pk)["change_until"]) == CLOSES
    whole = selectors.orders_of(actor=order.user).get(pk=order.pk)
    assert at(schedule.closes_at(whole)) == CLOSES, "by its branch's own sunset"


def test_afterwards_its_customer_changes_nothing(shop: Shop) -> None:
    milk = shop.product()
    order = shop.order(quantities={milk: 2})
    less = ChangeRequest(lines=(ChangeLine(product_id=milk.pk, quantity=Decimal(1)),))
    before = shop_instant(FRIDAY, dt.time(14, 52))
    preview_change(actor=order.user, order_id=order.pk, request=less, now=before)
    with pytest.raises(OrderNotChangeable) as refusal:
        preview_change(
            actor=order.user, order_id=order.pk, request=less,
            now=before + dt.timedelta(minutes=1),
        )  # fmt: skip
    assert refusal.value.details == {"reason": "CUTOFF"}


def test_control_without_the_calendar_it_is_the_cut_off(shop: Shop) -> None:
    contact.remember(contact.Contact(phone="04-855-0000"))
    assert last_orders(slot=shop.slot, date=SATURDAY) == cutoff_at(shop.slot, SATURDAY)


def test_a_window_long_after_the_rest_keeps_its_cut_off(shop: Shop) -> None:
    sunday = SATURDAY + dt.timedelta(days=1)
    assert last_orders(slot=shop.slot, date=sunday) == cutoff_at(shop.slot, sunday)
