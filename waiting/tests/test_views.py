"""Waiting in the browser, with and without scripts."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from branches.models import DatedSlot
from branches.tests.factories import SlotFactory
from core import clock
from core.clock import shop_instant
from tests.shop import Shop, open_shop
from waiting import services
from waiting.models import WaitingEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> Shop:
    opened = open_shop(capacity=1)
    DatedSlot.objects.create(slot=opened.slot, date=opened.date, taken=1)
    return opened


def browser(user) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    client.cookies["language"] = "en"
    return client


def test_the_page_costs_the_same_whatever_is_on_it(shop):
    user = shop.customer()
    for count in (1, 6):
        for _ in range(count):
            services.wait_for_product(
                actor=user, product_id=shop.product(stock=0).pk, now=clock.now()
            )
        client = browser(user)
        client.get("/waiting/")
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/waiting/").status_code == 200
        here = [one for one in asked.captured_queries if "waiting_waitingentry" in one["sql"]]
        assert len(here) == 1


def test_tell_me_at_a_sold_out_product(shop):
    user, milk = shop.customer(), shop.product(stock=0, name_en="Zebra milk")
    client = browser(user)
    page = client.get(f"/en/products/{milk.pk}/").content.decode()
    assert "Tell me when it is back" in page
    press = f"/waiting/product/{milk.pk}/"
    answer = client.post(press, {"where": "detail"}, headers={"hx-request": "true"})
    assert "We will tell you" in answer.content.decode()
    again = client.post(press, follow=True).content.decode()
    assert "You are waiting for this already." in again
    page = client.get("/waiting/").content.decode()
    assert "Zebra milk" in page
    entry = WaitingEntry.objects.get()
    gone = client.post(f"/waiting/{entry.pk}/accept/", follow=True).content.decode()
    assert "This offer is over." in gone
    gone = client.post(f"/waiting/{entry.pk}/leave/", follow=True).content.decode()
    assert "You no longer wait for it." in gone
    stranger = Client()
    assert stranger.post(press).status_code == 302


def test_tell_me_at_a_full_window_and_nothing_typed_is_lost(shop):
    user = shop.customer()
    shop.fill(user, {shop.product(): 2})
    client = browser(user)
    day, slot = shop.date.isoformat(), shop.slot.pk
    typed = {"day": day, "delivery_note": "the blue gate", "wait": f"{slot}@{day}"}
    page = client.post("/checkout/preview/", typed).content.decode()
    assert "You are in the line." in page
    assert "the blue gate" in page
    assert f'name="wait" value="{slot}@{day}"' in " ".join(page.split())
    part = client.post("/checkout/preview/", typed, headers={"hx-request": "true"})
    assert "You are waiting for this already." in part.headers["HX-Trigger"]
    for wrong in ("x", f"{slot}@9999-99-99", f"{2**70}@{day}", "1@2026-11-24@"):
        answer = client.post("/checkout/preview/", {**typed, "wait": wrong})
        assert answer.status_code == 200
    assert "number 1 in the line" in client.get("/waiting/").content.decode()
    assert WaitingEntry.objects.count() == 1


def test_a_full_window_of_pickups_alone_has_its_line_too(shop):
    """From “Tell me” to an order that is fetched in the place that came free."""
    window = SlotFactory(branch=shop.branch, day_of_week=shop.slot.day_of_week, capacity=1)
    DatedSlot.objects.create(slot=window, date=shop.date, taken=1)
    user, value = shop.customer(), f"{window.pk}@{shop.date.isoformat()}"
    shop.fill(user, {shop.product(stock=0): 2})
    client = browser(user)
    typed = {"where": "pickup", "branch": shop.branch.pk, "day": shop.date.isoformat()}
    asked = client.post("/checkout/preview/", {**typed, "wait": value}).content.decode()
    assert f'name="wait" value="{value}"' in " ".join(asked.split())
    assert "You are in the line." in asked
    DatedSlot.objects.filter(slot=window).update(taken=0)
    by_day = shop_instant(shop.date - dt.timedelta(days=1), dt.time(9))
    assert services.offer_all(now=by_day) == 1
    entry = WaitingEntry.objects.get()
    assert shop.branch.name_en in client.get("/waiting/").content.decode()
    client.post(f"/waiting/{entry.pk}/accept/")
    basket = client.get("/cart/").content.decode()
    assert "Pick up, " in basket
    assert shop.branch.name_en in basket
    page = " ".join(client.get("/checkout/").content.decode().split())
    assert 'value="pickup" checked' in page
    assert f'value="{shop.branch.pk}" selected' in page
    assert f'value="{value}" checked' in page
    assert "Kept for you" in page
