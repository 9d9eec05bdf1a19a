"""No chametz comes in Passover: preview and confirm refuse it alike, and cost no statement more."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from branches.calendar_models import CalendarSettings
from checkout.errors import ChametzInPassover
from checkout.requests import ChangeLine, ChangeRequest
from checkout.services import preview
from checkout.services.changing import preview_change
from checkout.tests.test_refusals import refused
from core import clock
from core.clock import day_of_week, shop_instant
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
