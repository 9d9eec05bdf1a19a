"""Answers kept on the device while it had no network, carried out when it is back."""

from __future__ import annotations

import json
import uuid

import pytest
from django.urls import reverse

from inventory.selectors import stock_at
from ops.models import PickAnswer
from ops.tests.picking_screen import answer, line

pytestmark = pytest.mark.django_db


def replay(client, one, *answers):
    return client.post(
        reverse("ops:replay", args=[one.order_number]),
        json.dumps({"answers": answers}),
        content_type="application/json",
    )


def kept(one, name, status="PICKED", **values):
    return {
        "client_id": str(uuid.uuid4()),
        "item_id": line(one, name).pk,
        "picked_status": status,
        "picked_quantity": "",
        "reason": "",
        "seen_status": "PENDING",
        **values,
    }


def refusals(response):
    return [bool(result["refused"]) for result in response.json()["results"]]


def test_kept_answers_are_carried_out_in_order_and_once(client, one):
    answers = [
        kept(one, "Yogurt", picked_quantity="3"),
        kept(one, "Tomatoes", picked_quantity="1.4"),
        kept(one, "Bread", "MISSING", reason="DAMAGED"),
    ]
    for _ in range(2):
        assert refusals(replay(client, one, *answers)) == [False] * 3
    assert line(one, "Yogurt").picked_quantity == 3
    assert line(one, "Bread").missing_reason == "DAMAGED"
    stock = stock_at(branch_id=one.branch_id, product_id=line(one, "Yogurt").product_id)
    assert (stock.on_hand, stock.reserved) == (97, 0)
    assert PickAnswer.objects.count() == 3


def test_an_old_answer_sent_again_does_not_wipe_out_a_newer_one(client, one):
    first = kept(one, "Yogurt", picked_quantity="3")
    replay(client, one, first)
    answer(client, one, "Yogurt", picked_status="PENDING")
    replay(client, one, first)
    assert line(one, "Yogurt").picked_status == "PENDING"


def test_a_conflict_is_told_and_the_rest_goes_through(client, one):
    answer(client, one, "Yogurt", picked_status="MISSING", reason="DAMAGED")
    response = replay(client, one, kept(one, "Yogurt", picked_quantity="4"), kept(one, "Bread"))
    assert refusals(response) == [True, False]
    assert line(one, "Yogurt").picked_status == "MISSING"
    assert line(one, "Bread").picked_status == "PICKED"


def test_the_same_answer_by_two_devices_is_no_conflict(client, one):
    answer(client, one, "Yogurt", picked_status="PICKED", picked_quantity="4")
    assert refusals(replay(client, one, kept(one, "Yogurt", picked_quantity="4"))) == [False]


@pytest.mark.parametrize(
    "values",
    [
        {"client_id": "x"},
        {"client_id": None},
        {"item_id": "1"},
        {"item_id": 404_404},
        {"picked_status": "EATEN"},
        {"picked_quantity": "many"},
        {"picked_quantity": "5"},
        {"seen_status": {}},
    ],
)
def test_what_cannot_be_read_is_refused_by_itself(client, one, values):
    response = replay(client, one, kept(one, "Yogurt", "PICKED", **values), kept(one, "Bread"))
    if values != {"seen_status": {}}:
        assert refusals(response)[0]
        assert line(one, "Yogurt").picked_status == "PENDING"
    assert line(one, "Bread").picked_status == "PICKED"


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"answers": 1}', '{"answers": [1]}', "[" * 5000])
def test_a_body_that_is_no_list_of_answers(client, one, body):
    address = reverse("ops:replay", args=[one.order_number])
    response = client.post(address, body, content_type="application/json")
    assert response.status_code == 400
