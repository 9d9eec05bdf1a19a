"""Two hands on one line: what was answered meanwhile is told, never wiped out."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.tests.factories import employee
from cart.tests.factories import product
from core.clock import shop_instant
from inventory.selectors import stock_at
from ops.services import record_pick
from ops.tests.factories import order
from orders import services as orders
from orders.errors import PickOvertaken
from orders.models import OrderItem
from tests.api_client import ApiClient, refusal
from tests.races import codes, race

pytestmark = pytest.mark.django_db

DUE = shop_instant(dt.date(2026, 11, 24), dt.time(12))


@pytest.fixture
def eli(client):
    user = employee(full_name="Eli Shahar")
    client.force_login(user)
    return user


@pytest.fixture
def one(eli):
    return order(
        due_at=DUE, lines=[(product(name_en="Yogurt"), 4)], status="IN_PROGRESS", picker=eli
    )


def pick(one, actor, status="PICKED", quantity="4", **values):
    fields = {"picked_status": status, "quantity": Decimal(quantity), "reason": "", "now": DUE}
    item = one.items.get(substitute_for=None)
    return record_pick(actor=actor, order=one, item_id=item.pk, **{**fields, **values})


def version(one):
    return one.items.get(substitute_for=None).version


def test_every_change_counts_once(one, eli):
    other = product(category=one.items.get().product.category)
    assert version(one) == 1
    pick(one, eli, quantity="3")
    assert version(one) == 2
    pick(one, eli, quantity="3")
    assert version(one) == 2
    item = one.items.get()
    where = {"actor": eli, "order_id": one.pk, "now": DUE}
    orders.substitute(item_id=item.pk, product_id=other.pk, quantity=Decimal(1), **where)
    assert version(one) == 3
    by = one.items.get(substitute_for=item)
    orders.pick_item(item_id=by.pk, picked_status="PENDING", **where)
    assert version(one) == 4
    pick(one, eli, "PENDING")
    assert version(one) == 5
    orders.substitute(item_id=item.pk, product_id=other.pk, quantity=Decimal(4), **where)
    assert version(one) == 6
    pick(one, eli, "PENDING")
    assert version(one) == 7


def test_the_second_tab_is_told_what_the_first_one_did(client, one, eli):
    item = one.items.get()
    address = reverse("ops:answer", args=[one.order_number, item.pk])
    page = client.get(reverse("ops:pick", args=[one.order_number]) + f"?item={item.pk}")
    assert page.content.decode().count('name="seen_version" value="1"') >= 3
    seen = {"seen_version": "1"}
    first = client.post(address, {"picked_status": "PICKED", "picked_quantity": "2", **seen})
    assert first.status_code == 302
    answered = client.post(address, {"picked_status": "MISSING", "reason": "DAMAGED", **seen})
    assert answered.status_code == 422
    page = answered.content.decode()
    assert "Eli Shahar answered this line in the meantime: picked, 2." in page
    assert 'name="seen_version" value="2"' in page
    item.refresh_from_db()
    assert (item.picked_status, item.picked_quantity) == ("PICKED", 2)
    again = client.post(address, {"picked_status": "PICKED", "picked_quantity": "2", **seen})
    assert again.status_code == 302
    undo = client.post(address, {"picked_status": "PENDING", "seen_version": "2"})
    assert undo.status_code == 302
    assert version(one) == 3


@pytest.mark.parametrize("way", ["scan", "swap"])
def test_scans_and_swaps_carry_it_too(client, one, eli, way):
    item = one.items.get()
    other = product(category=item.product.category, barcode="2900000000017")
    pick(one, eli, quantity="2")
    address = reverse(f"ops:{way}", args=[one.order_number, item.pk])
    code = item.sku if way == "scan" else other.barcode
    body = {"barcode": code, "quantity": "2", "picked_quantity": "4", "seen_version": "1"}
    answered = client.post(address, body, headers={"HX-Request": "true"})
    assert answered.status_code == 422
    assert "in the meantime: picked, 2." in answered.content.decode()
    assert one.items.count() == 1
    assert version(one) == 2


def test_the_api_tells_it_in_its_details(one, eli):
    item, api = one.items.get(), ApiClient(eli)
    path = f"/ops/orders/{one.pk}/items/{item.pk}/picked-status"
    assert api.get(f"/ops/orders/{one.pk}").json()["data"]["items"][0]["version"] == 1
    body = {"picked_status": "PICKED", "picked_quantity": 2, "seen_version": 1}
    assert api.patch(path, body).json()["data"]["items"][0]["version"] == 2
    details = refusal(
        api.patch(path, {"picked_status": "MISSING", "seen_version": 1}), 409, "ANSWER_OVERTAKEN"
    )
    assert details["item"] == {
        "id": item.pk, "version": 2, "picked_status": "PICKED", "picked_quantity": 2,
        "answered_by": "Eli Shahar",
    }  # fmt: skip
    assert api.patch(path, body).status_code == 200  # what stands is no conflict
    assert api.patch(path, {"picked_status": "MISSING"}).status_code == 200  # as before
    other = product(category=item.product.category)
    body = {"product_id": other.pk, "quantity": 4, "seen_version": 2}
    path = f"/ops/orders/{one.pk}/items/{item.pk}/substitutes"
    assert "item" in refusal(api.post(path, body), 409, "ANSWER_OVERTAKEN")
    assert api.post(path, {**body, "seen_version": 3}).status_code == 201
    for wrong in (0, "x", "1_0", 2**40):
        body = {"picked_status": "PICKED", "seen_version": wrong}
        path = f"/ops/orders/{one.pk}/items/{item.pk}/picked-status"
        assert "seen_version" in refusal(api.patch(path, body), 400, "VALIDATION_ERROR")["fields"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seen", [1, None])
def test_two_answers_at_once(seen):
    """With the version one is told of the other; the control without it loses one in silence."""
    eli = employee()
    one = order(due_at=DUE, lines=[(product(), 4)], status="IN_PROGRESS", picker=eli)
    item = one.items.get()
    results = race(
        [
            lambda n=n: record_pick(
                actor=eli, order=one, item_id=item.pk, picked_status="PICKED", reason="",
                quantity=Decimal(n), now=DUE, seen_version=seen,
            )
            for n in (1, 2, 3)
        ]
    )  # fmt: skip
    item = OrderItem.objects.get(pk=item.pk)
    if seen is None:
        assert codes(results) == ["ok", "ok", "ok"]
        assert item.version == 4
        return
    assert sorted(codes(results)) == ["ANSWER_OVERTAKEN", "ANSWER_OVERTAKEN", "ok"]
    assert item.version == 2
    assert item.picked_quantity == codes(results).index("ok") + 1
    stock = stock_at(branch_id=one.branch_id, product_id=item.product_id)
    assert stock.on_hand == 100 - item.picked_quantity
    assert all(isinstance(r, PickOvertaken) for r in results if codes([r]) != ["ok"])
