"""Waiting in the JSON API."""

from __future__ import annotations

import datetime as dt

import pytest

from branches.models import DatedSlot, PlaceHold
from core.clock import shop_instant
from tests.api_client import refusal
from tests.shop import Shop, open_shop
from waiting import services

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> Shop:
    opened = open_shop(capacity=1)
    DatedSlot.objects.create(slot=opened.slot, date=opened.date, taken=1)
    return opened


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
