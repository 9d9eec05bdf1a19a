"""Waiting by the JSON API and in the browser, with and without scripts."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from branches.models import DatedSlot, PlaceHold
from core import clock
from core.clock import shop_instant
from tests.api_client import refusal
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


def test_a_full_window_from_asking_to_the_basket(api, shop):
    by_day = shop_instant(shop.date - dt.timedelta(days=1), dt.time(9))
    user = shop.customer()
    ada, bob = api(user), api(shop.customer())
    ask = {"slot_id": shop.slot.pk, "date": shop.date.isoformat()}
    answer = ada.post("/waiting", ask)
    assert answer.status_code == 201
    one = answer.json()["data"]
    assert (one["kind"], one["state"], one["position"]) == ("WINDOW", "WAITING", 1)
    assert (one["slot_id"], one["date"], one["product_id"]) == (*ask.values(), None)
    assert bob.post("/waiting", ask).json()["data"]["position"] == 2
    refusal(ada.post("/waiting", ask), 409, "ALREADY_WAITING")
    path = f"/waiting/{one['id']}"
    refusal(ada.post(f"{path}/accept"), 409, "OFFER_OVER")
    refusal(bob.post(f"{path}/accept"), 404, "NOT_FOUND")
    refusal(bob.delete(path), 404, "NOT_FOUND")
    DatedSlot.objects.update(taken=0)
    assert services.offer_all(now=by_day) == 1
    [seen] = ada.get("/waiting").json()["data"]
    assert (seen["state"], seen["position"]) == ("OFFERED", None)
    assert seen["offer_until"] > seen["offered_at"]
    cart = ada.post(f"{path}/accept").json()["data"]
    assert PlaceHold.objects.get(kind="CART").reference == cart["id"]
    [theirs] = bob.get("/waiting").json()["data"]
    for _ in range(2):
        assert bob.delete(f"/waiting/{theirs['id']}").status_code == 204


def test_a_product_and_what_is_refused(api, shop):
    ada = api(shop.customer())
    milk, bread = shop.product(stock=0), shop.product()
    assert ada.post("/waiting", {"product_id": milk.pk}).json()["data"]["kind"] == "PRODUCT"
    refusal(ada.post("/waiting", {"product_id": bread.pk}), 409, "ALREADY_AVAILABLE")
    for body in (
        {},
        {"product_id": milk.pk, "slot_id": shop.slot.pk, "date": shop.date.isoformat()},
        {"slot_id": shop.slot.pk},
        {"date": "2026-11-24"},
        {"product_id": "milk"},
        {"slot_id": shop.slot.pk, "date": "0001-01-01"},
    ):
        refusal(ada.post("/waiting", body), 400, "VALIDATION_ERROR")
    wrong = {"slot_id": shop.slot.pk, "date": "2099-01-01"}
    refusal(ada.post("/waiting", wrong), 400, "INVALID_SLOT")
    open_one = {"slot_id": shop.later_slot.pk, "date": shop.date.isoformat()}
    refusal(ada.post("/waiting", open_one), 409, "ALREADY_AVAILABLE")


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
