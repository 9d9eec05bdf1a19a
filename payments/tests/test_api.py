"""Saved cards through the JSON API."""

from __future__ import annotations

import pytest

from payments.models import PaymentToken
from tests.api_client import refusal
from tests.shop import open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(db):
    with open_with_sandbox() as opened:
        yield opened


def save(api, user, token="tok_visa"):
    return api(user).post("/me/payment-tokens", {"provider": "sandbox", "token": token})


def test_life_of_a_card(api, shop):
    ada = shop.customer(card=None)
    first = save(api, ada).json()["data"]
    assert set(first) == {
        "id", "provider", "brand", "last4", "exp_month", "exp_year", "is_default"
    }  # fmt: skip
    assert first["is_default"] is True
    second = save(api, ada, "tok_mastercard").json()["data"]
    assert second["is_default"] is False
    assert api(ada).post(f"/me/payment-tokens/{second['id']}/default").status_code == 204
    listed = api(ada).get("/me/payment-tokens").json()["data"]
    assert [(c["id"], c["is_default"]) for c in listed] == [
        (second["id"], True),
        (first["id"], False),
    ]
    assert api(ada).delete(f"/me/payment-tokens/{second['id']}").status_code == 204
    assert [c["is_default"] for c in api(ada).get("/me/payment-tokens").json()["data"]] == [True]
    assert "tok_" not in str([(r.old_value, r.new_value, r.context) for r in shop.audit()])


@pytest.mark.parametrize(
    "number", ["4242424242424242", "4242 4242 4242 4242", "5555-5555-5555-4444"]
)
def test_card_numbers_are_refused(api, shop, number):
    ada = shop.customer(card=None)
    refusal(save(api, ada, number), 400, "CARD_NUMBER_REFUSED")
    assert not PaymentToken.objects.exists()


@pytest.mark.parametrize(
    "body", [{}, {"provider": "sandbox"}, {"provider": "x", "token": "tok_visa"}, {"provider": "sandbox", "token": "unknown"},
             {"provider": "sandbox", "token": ""}, {"provider": "sandbox", "token": "x" * 201}]
)  # fmt: skip
def test_bad_input(api, shop, body):
    ada = shop.customer(card=None)
    refusal(api(ada).post("/me/payment-tokens", body), 400, "VALIDATION_ERROR")
    assert not PaymentToken.objects.exists()


def test_strangers_cards_are_not_found(api, shop):
    shop.customer()
    card, eve = PaymentToken.objects.get(), api(shop.customer(card=None))
    refusal(eve.delete(f"/me/payment-tokens/{card.pk}"), 404, "NOT_FOUND")
    refusal(eve.post(f"/me/payment-tokens/{card.pk}/default"), 404, "NOT_FOUND")
    assert PaymentToken.objects.get().pk == card.pk
