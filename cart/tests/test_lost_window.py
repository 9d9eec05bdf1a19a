"""A window kept for a basket is let go at the next look once nobody can order in it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.tests.factories import customer
from branches.models import Branch, Closure, DatedSlot
from branches.services import add_closure, set_dated_capacity, update_slot
from cart import services
from cart.selectors import cart_view
from cart.tests.factories import product, warehouse
from cart.tests.test_services import NOW, TOMORROW, slot
from core import clock
from core.clock import day_of_week, shop_date

pytestmark = pytest.mark.django_db


def closed(dated: DatedSlot) -> None:
    add_closure(
        actor=None,
        starts_at=NOW,
        ends_at=NOW + dt.timedelta(days=3),
        reason_he="חג",
        reason_en="Holiday",
    )


def taken_out(dated: DatedSlot) -> None:
    update_slot(actor=None, slot_id=dated.slot_id, changes={"is_active": False})


def shrunk(dated: DatedSlot) -> None:
    set_dated_capacity(actor=None, capacity=0, now=NOW, dated_slot_id=dated.pk)


def branch_closed(dated: DatedSlot) -> None:
    Branch.objects.filter(pk=warehouse().pk).update(is_delivery_source=False, is_active=False)


@pytest.mark.parametrize("change", [closed, taken_out, shrunk, branch_closed])
def test_the_hold_is_gone_with_a_notice(change: Any) -> None:
    ada, window = customer(), slot()
    services.add_item(actor=ada, product_id=product().pk, quantity=Decimal(1))
    services.hold_slot(actor=ada, slot_id=window.pk, date=TOMORROW, now=NOW)
    before = cart_view(actor=ada, now=NOW)
    assert before.held is not None
    assert before.notices == []

    change(DatedSlot.objects.get(slot=window))
    after = cart_view(actor=ada, now=NOW)

    assert after.held is None
    assert after.lost_notice
    assert after.notices[0] == after.lost_notice


def test_the_page_tells(client: Client) -> None:
    now = clock.now()
    date = shop_date(now) + dt.timedelta(days=2)
    ada, window = customer(), slot()
    window.day_of_week = day_of_week(date)
    window.save()
    services.add_item(actor=ada, product_id=product().pk, quantity=Decimal(1))
    services.hold_slot(actor=ada, slot_id=window.pk, date=date, now=now)
    client.cookies["mami_language"] = "en"
    client.force_login(ada)
    told = "takes no more orders. Please choose another"
    assert told not in client.get("/cart/").content.decode()

    Closure.objects.create(
        starts_at=now, ends_at=now + dt.timedelta(days=5), reason_he="חג", reason_en="Holiday"
    )

    html = client.get("/cart/").content.decode()
    assert told in html
    assert "more minute" not in html
