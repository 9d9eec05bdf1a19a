"""Saved cards through the JSON API."""

from __future__ import annotations

import pytest
from django.apps import apps

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


@pytest.mark.quick
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


class TestReconciliation:
    @pytest.fixture
    def case(self, shop):
        order = shop.order()
        cases = apps.get_model("payments", "ReconciliationCase")
        return order, cases.objects.create(
            payment_id=order.payment_id, kind="PAYMENT_CAPTURED_NOT_COMMITTED"
        )

    def test_list(self, api, shop, case):
        order, opened = case
        mia = api(shop.manager())
        (row,) = mia.get("/admin/payments/reconciliation").json()["data"]
        assert row | {
            "order_number": order.order_number, "amount": "60.00", "state": "AUTHORIZED",
            "status": "OPEN", "resolution": None,
        } == row  # fmt: skip
        opened.status, opened.resolution = "RESOLVED", "ORDER_COMPLETED"
        opened.save()
        assert mia.get("/admin/payments/reconciliation?status=OPEN").json()["data"] == []
        (row,) = mia.get("/admin/payments/reconciliation?status=RESOLVED").json()["data"]
        assert row["resolution"] == "ORDER_COMPLETED"
        assert mia.get("/admin/payments/reconciliation?dateTo=2020-01-01").json()["data"] == []
        refusal(mia.get("/admin/payments/reconciliation?status=X"), 400, "VALIDATION_ERROR")

    def test_csv(self, api, shop, case):
        response = api(shop.manager()).get("/admin/payments/reconciliation?export=csv")
        assert response["Content-Type"].startswith("text/csv")
        header, row = response.getvalue().decode("utf-8-sig").splitlines()
        assert header.startswith("id,kind,reference,order_number,amount")
        assert case[0].order_number in row

    def test_managers_only(self, api, shop):
        path = "/admin/payments/reconciliation"
        refusal(api(shop.employee()).get(path), 403, "PERMISSION_DENIED")
