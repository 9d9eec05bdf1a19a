"""Checkout through the JSON API."""

from __future__ import annotations

from decimal import Decimal

import pytest

from catalog.models import Product
from checkout.models import Reservation
from core.limits import CONFIRM_PER_ADDRESS
from core.tests.test_metrics import counted
from orders.models import Order
from tests.api_client import refusal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada(shop):
    user = shop.customer()
    user.language = "en"
    user.save()
    return user


@pytest.fixture
def milk(shop, ada):
    product = shop.product()
    shop.fill(ada, {product: 3})
    return product


def delivery(shop, **more):
    return {
        "fulfillment_type": "DELIVERY",
        "delivery_slot_id": shop.slot.pk,
        "delivery_date": shop.date.isoformat(),
        **more,
    }


def confirm(api, user, body, key="key-1"):
    return api(user).post("/checkout/confirm", body, headers={"Idempotency-Key": key})


def ended(outcome: str) -> float:
    """How many checkouts the figures say ended so."""
    return counted("mami_checkouts_total", outcome=outcome)


def untouched(shop, product, stock=(100, 0)):
    assert shop.stock(product) == stock
    assert not Order.objects.exists()
    assert not Reservation.objects.filter(status="ACTIVE").exists()


class TestPreview:
    @pytest.mark.quick
    def test_delivery(self, api, shop, ada, milk):
        data = api(ada).post("/checkout/preview", delivery(shop)).json()["data"]
        assert data["branch"] == {"id": shop.warehouse.pk, "name": shop.warehouse.name_en}
        assert (data["subtotal"], data["delivery_fee"], data["total"], data["cart_total"]) == (
            "30.00", "30.00", "60.00", "30.00"
        )  # fmt: skip
        assert (data["vat_total"], data["free_delivery_gap"]) == ("9.15", "120.00")
        assert data["slot"]["start_time"] == "10:00"
        assert shop.stock(milk) == (100, 0)

    def test_without_slot(self, api, shop, ada, milk):
        body = {"fulfillment_type": "DELIVERY"}
        assert api(ada).post("/checkout/preview", body).json()["data"]["slot"] is None

    def test_pickup_is_free(self, api, shop, ada, milk):
        body = {"fulfillment_type": "PICKUP", "branch_id": shop.branch.pk}
        data = api(ada).post("/checkout/preview", body).json()["data"]
        assert (data["delivery_fee"], data["branch"]["id"]) == ("0.00", shop.branch.pk)

    @pytest.mark.parametrize(("count", "fee"), [(14, "30.00"), (15, "0.00")])
    def test_fee(self, api, shop, ada, count, fee):
        shop.fill(ada, {shop.product(): count})
        data = api(ada).post("/checkout/preview", delivery(shop)).json()["data"]
        assert data["delivery_fee"] == fee

    def test_short_at_another_branch(self, api, shop, ada):
        rare = shop.product(stock=2)
        shop.fill(ada, {rare: 3})
        details = refusal(
            api(ada).post("/checkout/preview", delivery(shop)), 409, "INSUFFICIENT_STOCK"
        )
        assert details["missing_items"] == [
            {
                "product_id": rare.pk, "product_name": rare.name_en, "requested_quantity": 3,
                "available_quantity": 2,
            }
        ]  # fmt: skip
        assert details["preview"]["subtotal"] == "30.00"

    def test_refusals(self, api, shop, ada, milk):
        def ask(body, status, code):
            return refusal(api(ada).post("/checkout/preview", body), status, code)

        ask(delivery(shop, delivery_date="2020-01-01"), 400, "INVALID_SLOT")
        ask(delivery(shop, delivery_slot_id=999999), 404, "NOT_FOUND")
        ask({"fulfillment_type": "PICKUP", "branch_id": 999999}, 404, "NOT_FOUND")
        ask({"fulfillment_type": "PICKUP"}, 400, "VALIDATION_ERROR")
        ask({"fulfillment_type": "DRONE"}, 400, "VALIDATION_ERROR")
        ask({}, 400, "VALIDATION_ERROR")
        ask(delivery(shop, address_id=999999), 404, "NOT_FOUND")
        ask(delivery(shop, cart_id=999999), 404, "NOT_FOUND")
        details = ask(delivery(shop, address={"city": "Haifa"}), 400, "VALIDATION_ERROR")
        assert "address.line1" in details["fields"]
        shop.slot.dates.create(date=shop.date, taken=50)
        ask(delivery(shop), 409, "SLOT_FULL")
        Product.objects.filter(pk=milk.pk).update(is_active=False)
        assert ask(delivery(shop), 409, "PRODUCT_INACTIVE")["product_ids"] == [milk.pk]

    def test_empty(self, api, shop):
        user = shop.customer()
        refusal(api(user).post("/checkout/preview", delivery(shop)), 409, "EMPTY_CART")

    def test_no_address(self, api, shop):
        user = shop.customer(address=False)
        shop.fill(user, {shop.product(): 1})
        refusal(api(user).post("/checkout/preview", delivery(shop)), 400, "ADDRESS_REQUIRED")

    def test_somebody_elses_address(self, api, shop, ada, milk):
        theirs = shop.customer().addresses.get()
        body = delivery(shop, address_id=theirs.pk)
        refusal(api(ada).post("/checkout/preview", body), 404, "NOT_FOUND")


class TestConfirm:
    def test_orders_and_repeats_its_answer(self, api, shop, ada, milk):
        first = confirm(api, ada, delivery(shop))
        assert first.status_code == 201
        data = first.json()["data"]
        assert list(data) == [
            "order_id", "order_number", "status", "total_paid", "payment_status", "payment_reference",
            "total_amount",
        ]  # fmt: skip
        assert (data["status"], data["total_paid"], data["payment_status"]) == (
            "CREATED", "60.00", "AUTHORIZED"
        )  # fmt: skip
        again = confirm(api, ada, delivery(shop))
        assert (again.status_code, again.content) == (200, first.content)
        assert shop.stock(milk) == (100, 3)
        assert Order.objects.count() == 1

    def test_key(self, api, shop, ada, milk):
        for key in ("", " ", "a b", "é", "x" * 129):
            refusal(confirm(api, ada, delivery(shop), key), 400, "MISSING_IDEMPOTENCY_KEY")
        refusal(api(ada).post("/checkout/confirm", delivery(shop)), 400, "MISSING_IDEMPOTENCY_KEY")
        untouched(shop, milk)
        assert confirm(api, ada, delivery(shop), "x" * 128).status_code == 201
        refusal(
            confirm(api, ada, delivery(shop, notes="other"), "x" * 128),
            409,
            "IDEMPOTENCY_KEY_REUSE_MISMATCH",
        )

    def test_second_key(self, api, shop, ada, milk):
        cart = ada.carts.get()
        first = confirm(api, ada, delivery(shop)).json()["data"]
        refusal(confirm(api, ada, delivery(shop), "key-2"), 409, "EMPTY_CART")
        details = refusal(
            confirm(api, ada, delivery(shop, cart_id=cart.pk), "key-3"), 409, "CART_ALREADY_ORDERED"
        )
        assert details["order_number"] == first["order_number"]

    @pytest.mark.parametrize(
        ("token", "status", "code", "outcome"),
        [("tok_declined", 402, "PAYMENT_DECLINED", "declined"),
         ("tok_unreachable", 503, "PAYMENT_UNAVAILABLE", "unavailable"),
         ("4242424242424242", 400, "CARD_NUMBER_REFUSED", "none: nobody asked for an order")],
    )  # fmt: skip
    def test_refused_money_leaves_everything(
        self, api, shop, ada, milk, token, status, code, outcome
    ):
        body = delivery(shop, payment={"provider": "sandbox", "token": token})
        before = ended(outcome), ended("ok")
        details = refusal(confirm(api, ada, body), status, code)
        if code == "PAYMENT_DECLINED":
            assert details["reason"] == "insufficient_funds"
        untouched(shop, milk)
        assert confirm(api, ada, delivery(shop)).status_code == 201
        more = 0 if outcome.startswith("none") else 1
        assert (ended(outcome), ended("ok")) == (before[0] + more, before[1] + 1)

    def test_lost_answer(self, api, shop, ada, milk):
        body = delivery(shop, payment={"provider": "sandbox", "token": "tok_timeout"})
        response = confirm(api, ada, body)
        refusal(response, 409, "PAYMENT_PENDING")
        assert int(response["Retry-After"]) > 0
        assert confirm(api, ada, body).status_code in {200, 201}
        assert Order.objects.count() == 1

    def test_refusals(self, api, shop, ada, milk):
        def ask(body, status, code):
            return refusal(confirm(api, ada, body), status, code)

        ask({"fulfillment_type": "DELIVERY"}, 400, "SLOT_REQUIRED")
        ask(delivery(shop, payment_token_id=999999), 404, "PAYMENT_TOKEN_NOT_FOUND")
        details = ask(delivery(shop, expected_total="59.00"), 409, "PRICE_CHANGED")
        assert details["total"] == "60.00"
        ask(delivery(shop, notes="x" * 501), 400, "VALIDATION_ERROR")
        ask(delivery(shop, notes="a\x00b"), 400, "VALIDATION_ERROR")
        ask(delivery(shop, delivery_preference="DRONE"), 400, "VALIDATION_ERROR")
        ask(delivery(shop, expected_total="NaN"), 400, "VALIDATION_ERROR")
        untouched(shop, milk)
        assert confirm(api, ada, delivery(shop, expected_total="60.00")).status_code == 201

    def test_no_card(self, api, shop):
        user = shop.customer(card=None)
        shop.fill(user, {shop.product(): 1})
        refusal(confirm(api, user, delivery(shop)), 400, "PAYMENT_REQUIRED")

    def test_new_address_and_wishes(self, api, shop, ada, milk):
        address = {"line1": "7 Arlozorov", "city": "Tel Aviv", "floor": "2"}
        body = delivery(
            shop, address=address, delivery_preference="LEAVE_AT_DOOR", delivery_note="Bell"
        )
        order = Order.objects.get(pk=confirm(api, ada, body).json()["data"]["order_id"])
        assert (order.delivery.line1, order.delivery.preference) == ("7 Arlozorov", "LEAVE_AT_DOOR")
        assert ada.addresses.count() == 1

    def test_new_card_becomes_the_default(self, api, shop, ada, milk):
        card = {"provider": "sandbox", "token": "tok_mastercard"}
        assert (
            confirm(api, ada, delivery(shop, payment=card, save_as_default=True)).status_code == 201
        )
        cards = api(ada).get("/me/payment-tokens").json()["data"]
        assert [c["is_default"] for c in cards] == [True, False]
        assert cards[0]["brand"] == "mastercard"

    def test_limit(self, api, shop, ada, milk):
        for n in range(20):
            refusal(
                confirm(api, ada, {"fulfillment_type": "DELIVERY"}, f"k{n}"), 400, "SLOT_REQUIRED"
            )
        refusal(confirm(api, ada, delivery(shop)), 429, "RATE_LIMITED")
        untouched(shop, milk)

    def test_limit_of_an_address(self, api, shop, ada, milk):
        for _ in range(CONFIRM_PER_ADDRESS.count):
            CONFIRM_PER_ADDRESS.hit("127.0.0.1")
        response = confirm(api, ada, delivery(shop))
        refusal(response, 429, "RATE_LIMITED")
        assert int(response["Retry-After"]) > 0
        untouched(shop, milk)
        elsewhere = api(ada)
        elsewhere.client.defaults["REMOTE_ADDR"] = "192.0.2.9"
        key = {"Idempotency-Key": "elsewhere"}
        first = elsewhere.post("/checkout/confirm", delivery(shop), headers=key)
        assert first.status_code == 201, "the control"
        del elsewhere.client.defaults["REMOTE_ADDR"]
        again = confirm(api, ada, delivery(shop), "elsewhere")
        assert again.json() == first.json(), "what was answered is answered again"

    def test_repetitions_do_not_count(self, api, shop, ada, milk):
        assert confirm(api, ada, delivery(shop)).status_code == 201
        for _ in range(25):
            assert confirm(api, ada, delivery(shop)).status_code == 200

    def test_money_of_the_future(self, api, shop, ada):
        shop.fill(ada, {shop.product(price=Decimal("0.01")): 1})
        data = confirm(api, ada, delivery(shop)).json()["data"]
        assert data["total_paid"] == "30.01"
