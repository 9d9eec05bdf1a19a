"""No chametz comes in Passover: preview and confirm refuse it alike, and cost no statement more."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from branches.calendar.passover import period
from branches.calendar_models import CalendarSettings
from branches.models import DeliverySlot
from checkout.errors import ChametzInPassover
from checkout.requests import ChangeLine, ChangeRequest
from checkout.services import preview
from checkout.services.changing import preview_change
from checkout.tests.test_refusals import refused
from core import clock
from core.clock import SHOP_TZ, day_of_week, shop_instant
from tests.shop import Shop

EVE = dt.date(2027, 4, 21)


def mode(value: str) -> None:
    CalendarSettings.objects.update_or_create(
        pk=1, defaults={"keeps_shabbat": False, "independence_day": False, "passover_mode": value}
    )


def on(shop: Shop, date: dt.date) -> Shop:
    """The shop's two windows on that date."""
    shop.date = date
    for slot in (shop.slot, shop.later_slot):
        slot.day_of_week = day_of_week(date)
        slot.save()
    return shop


def test_a_window_in_passover(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: shop_instant(EVE - dt.timedelta(days=3), dt.time(9)))
    ada, bread, milk = shop.customer(), shop.product(passover="NOT"), shop.product()
    shop.fill(ada, {bread: 1, milk: 2})
    mode("AUTO")
    on(shop, EVE)
    with refused("CHAMETZ_IN_PASSOVER", product_ids=[bread.pk]):
        shop.confirm(ada)
    with pytest.raises(ChametzInPassover):
        preview(actor=ada, request=shop.request(), now=clock.now())
    on(shop, EVE - dt.timedelta(days=1))
    preview(actor=ada, request=shop.request(), now=clock.now())
    with CaptureQueriesContext(connection) as plain:
        preview(actor=ada, request=shop.request(), now=clock.now())
    mode("ON")
    with refused("CHAMETZ_IN_PASSOVER"):
        shop.confirm(ada)
    mode("OFF")
    with CaptureQueriesContext(connection) as again:
        preview(actor=ada, request=shop.request(), now=clock.now())
    assert len(plain) == len(again)
    assert shop.confirm(ada, request=on(shop, EVE).request()).status == "CREATED"


def test_a_pickup_in_passover(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: shop_instant(EVE, dt.time(9)))
    ada, bread = shop.customer(), shop.product(passover="NOT")
    shop.fill(ada, {bread: 1})
    mode("AUTO")
    with refused("CHAMETZ_IN_PASSOVER", product_ids=[bread.pk]):
        shop.confirm(ada, request=shop.pickup())


def test_no_chametz_comes_into_an_order_of_passover(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: shop_instant(EVE - dt.timedelta(days=2), dt.time(9)))
    on(shop, EVE)
    mode("AUTO")
    milk, bread = shop.product(), shop.product(passover="NOT")
    order = shop.order(quantities={milk: 2})
    lines = (ChangeLine(product_id=bread.pk, quantity=Decimal(1)),)
    asked = ChangeRequest(lines=(ChangeLine(product_id=milk.pk, quantity=Decimal(2)), *lines))
    with pytest.raises(ChametzInPassover):
        preview_change(actor=order.user, order_id=order.pk, request=asked, now=clock.now())
    mode("OFF")
    preview_change(actor=order.user, order_id=order.pk, request=asked, now=clock.now())


def test_an_order_with_chametz_does_not_move_into_passover(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: shop_instant(EVE - dt.timedelta(days=3), dt.time(9)))
    before = EVE - dt.timedelta(days=1)
    on(shop, before)
    mode("AUTO")
    milk, bread = shop.product(), shop.product(passover="NOT")
    order = shop.order(quantities={milk: 2, bread: 1})
    plain = shop.order(quantities={milk: 2})
    DeliverySlot.objects.filter(pk=shop.later_slot.pk).update(day_of_week=day_of_week(EVE))
    moved = ChangeRequest(delivery_slot_id=shop.later_slot.pk, delivery_date=EVE)
    with pytest.raises(ChametzInPassover) as refusal:
        preview_change(actor=order.user, order_id=order.pk, request=moved, now=clock.now())
    assert refusal.value.details == {"product_ids": [bread.pk]}
    order.refresh_from_db()
    assert order.dated_slot is not None
    assert order.dated_slot.date == before
    preview_change(actor=plain.user, order_id=plain.pk, request=moved, now=clock.now())
    mode("OFF")
    preview_change(actor=order.user, order_id=order.pk, request=moved, now=clock.now())


def test_the_evening_after_passover_is_free_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Passover of 2029 ends on the Saturday after its seventh day, before eight at Haifa."""
    last, before = dt.date(2029, 4, 7), dt.date(2029, 3, 29)
    monkeypatch.setattr(clock, "now", lambda: shop_instant(before, dt.time(6)))
    on(shop, before)
    mode("AUTO")
    order = shop.order(quantities={shop.product(passover="NOT"): 1})
    over = period(last)[1].astimezone(SHOP_TZ)
    assert dt.time(19, 30) < over.time() < dt.time(20)
    moved = ChangeRequest(delivery_slot_id=shop.later_slot.pk, delivery_date=last)
    window(shop, last, dt.time(20), dt.time(22))
    preview_change(actor=order.user, order_id=order.pk, request=moved, now=clock.now())
    window(shop, last, dt.time(18), dt.time(20))
    with pytest.raises(ChametzInPassover):
        preview_change(actor=order.user, order_id=order.pk, request=moved, now=clock.now())


def window(shop: Shop, date: dt.date, begin: dt.time, end: dt.time) -> None:
    """Let the shop's later window be on the day of `date`, from `begin` to `end`."""
    DeliverySlot.objects.filter(pk=shop.later_slot.pk).update(
        start_time=begin, end_time=end, day_of_week=day_of_week(date)
    )


def test_it_ends_by_the_sunset_of_the_branch() -> None:
    last = dt.date(2027, 4, 28)
    haifa, eilat = (period(last, place=at)[1] for at in ((32.794, 34.990), (29.558, 34.948)))
    assert haifa != eilat
    assert period(last)[1] == haifa
