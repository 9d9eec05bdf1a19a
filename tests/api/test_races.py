"""Callers at the same moment: nothing is lost, nothing happens twice."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from django.db import connections

from cart.models import Cart, CartItem
from tests.api_client import ApiClient
from tests.shop import open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 8


@pytest.fixture
def shop(db):
    with open_with_sandbox() as opened:
        yield opened


def at_once(calls):
    """Run all calls together; their answers."""
    gate, answers = threading.Barrier(len(calls)), []

    def run(call):
        try:
            gate.wait()
            answers.append(call())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def statuses(answers):
    return Counter(answer.status_code for answer in answers)


def test_parallel_adds_lose_nothing(shop):
    ada, milk = shop.customer(), shop.product()
    clients = [ApiClient(ada) for _ in range(MANY)]
    body = {"product_id": milk.pk, "quantity": 1}
    answers = at_once([lambda c=c: c.post("/cart/items", body) for c in clients])
    assert statuses(answers) == {201: MANY}
    assert CartItem.objects.get().quantity == MANY


def test_parallel_first_reads_see_one_basket(shop):
    ada = shop.customer()
    clients = [ApiClient(ada) for _ in range(MANY)]
    answers = at_once([lambda c=c: c.get("/cart") for c in clients])
    assert statuses(answers) == {200: MANY}
    assert {a.json()["data"]["id"] for a in answers} == {Cart.objects.get().pk}


def test_two_managers_review_once(shop):
    eli, milk = ApiClient(shop.employee()), shop.product()
    asked = {
        "branch_id": shop.branch.pk, "product_id": milk.pk, "quantity": 5, "request_type": "ADD_QUANTITY"
    }  # fmt: skip
    pk = eli.post("/stock-requests", asked).json()["data"]["id"]
    managers = [ApiClient(shop.manager()) for _ in range(2)]
    answers = at_once(
        [
            lambda m=m: m.patch(f"/admin/stock-requests/{pk}/review", {"status": "APPROVED"})
            for m in managers
        ]
    )
    assert statuses(answers) == {200: 1, 409: 1}
    assert shop.stock(milk, shop.branch) == (105, 0)


def test_one_key_many_times(shop):
    ada, milk = shop.customer(), shop.product()
    shop.fill(ada, {milk: 2})
    clients = [ApiClient(ada) for _ in range(MANY)]
    body = {
        "fulfillment_type": "DELIVERY", "delivery_slot_id": shop.slot.pk,
        "delivery_date": shop.date.isoformat(),
    }  # fmt: skip
    answers = at_once(
        [
            lambda c=c: c.post("/checkout/confirm", body, headers={"Idempotency-Key": "once"})
            for c in clients
        ]
    )
    found = statuses(answers)
    assert found[201] == 1
    assert set(found) <= {201, 200, 409}
    assert len({a.content for a in answers if a.status_code < 300}) == 1
    assert shop.stock(milk) == (100, 2)


def test_a_refresh_token_is_exchanged_once(shop):
    from accounts.services import issue_tokens
    from core import clock

    token = issue_tokens(user=shop.customer(), now=clock.now()).refresh_token
    clients = [ApiClient() for _ in range(MANY)]
    answers = at_once(
        [lambda c=c: c.post("/auth/refresh", {"refresh_token": token}) for c in clients]
    )
    assert statuses(answers)[200] == 1


def test_guesses_at_once_cannot_slip_past_the_limit(shop):
    clients = [ApiClient() for _ in range(16)]
    body = {"email": "ada@mami.test", "password": "guess"}
    answers = at_once([lambda c=c: c.post("/auth/login", body) for c in clients])
    assert statuses(answers) == {401: 10, 429: 6}
