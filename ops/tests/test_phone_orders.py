"""Orders by phone: the same steps as checkout, by staff for a customer, never with a card number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from audit.models import AuditEntry
from cart.models import Cart
from checkout.invariants import ALL
from core import clock
from notifications.models import Message
from orders.models import Order
from orders.services import keep_held
from payments.services import tokens_of
from tests.api_client import ApiClient, refusal
from tests.shop import Shop, open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox() as opened:
        yield opened


def asked(shop: Shop, lines: Any, **more: Any) -> dict[str, Any]:
    return {
        "fulfillment_type": "DELIVERY", "delivery_slot_id": shop.slot.pk,
        "delivery_date": shop.date.isoformat(), "lines": lines, **more,
    }  # fmt: skip


def call(staff: User, ada: User, body: Any, key: str = "k1") -> Any:
    path = f"/ops/customers/{ada.pk}/orders"
    return ApiClient(staff).post(path, body, headers={"Idempotency-Key": key})


def books_are_right() -> None:
    assert [finding.what for rule in ALL for finding in rule.check(None)] == []


@pytest.mark.quick
def test_with_a_saved_card_and_consent(shop: Shop) -> None:
    ada, mia, milk = shop.customer(), shop.manager(), shop.product()
    basket = shop.fill(ada, {shop.product(): 7})
    card = tokens_of(user_id=ada.pk)[0].pk
    lines = [{"product_id": milk.pk, "quantity": 2, "substitution": "CALL_ME"}]
    body = asked(shop, lines, payment_token_id=card, consent=True, expected_total="50.00")
    without = call(mia, ada, {**body, "consent": False})
    assert "consent" in refusal(without, 400, "VALIDATION_ERROR")["fields"]
    made = call(mia, ada, body)
    assert made.status_code == 201
    told = made.json()["data"]
    assert (told["payment_status"], told["total_paid"]) == ("AUTHORIZED", "50.00")
    again = call(mia, ada, body)
    assert (again.status_code, again.json()["data"]) == (200, told)
    refusal(call(mia, ada, asked(shop, lines)), 409, "IDEMPOTENCY_KEY_REUSE_MISMATCH")
    order = Order.objects.get(pk=told["order_id"])
    assert (order.user, order.placed_by) == (ada, mia)
    assert order.items.get().substitution == "CALL_ME"
    assert order.timeline.get().actor == mia
    trail = AuditEntry.objects.get(entity_type="order", action="CREATE")
    assert (trail.actor, trail.context["customer_id"]) == (mia, ada.pk)
    basket.refresh_from_db()
    assert (basket.status, basket.items.get().quantity) == ("ACTIVE", 7)
    assert Message.objects.filter(kind="order_confirmed", user=ada).count() == 1
    staff = ApiClient(mia).get(f"/ops/orders/{order.pk}").json()["data"]
    assert staff["placed_by"]["id"] == mia.pk
    assert ApiClient(ada).get(f"/orders/{order.pk}").status_code == 200
    books_are_right()


def test_without_a_card_its_customer_gets_a_link_and_pays(shop: Shop) -> None:
    ada, mia, milk = shop.customer(), shop.manager(), shop.product()
    lines = [{"product_id": milk.pk, "quantity": 2}]
    told = call(mia, ada, asked(shop, lines, payment=None)).json()["data"]
    assert (told["payment_status"], told["total_paid"]) == ("UNPAID", "0.00")
    assert shop.stock(milk) == (100, 2)
    assert list(shop.sandbox.ledger.holds()) == []
    ada_calls = ApiClient(ada)
    payment = ada_calls.get(f"/orders/{told['order_id']}").json()["data"]["payment"]
    assert payment["pay_path"] == f"/orders/{told['order_number']}/pay/"
    assert payment["pay_until"]
    kinds = list(Message.objects.filter(user=ada).values_list("kind", flat=True))
    assert kinds == ["order_hold_failed"]
    eli = shop.employee()
    early = ApiClient(eli).patch(
        f"/ops/orders/{told['order_id']}/status", {"status": "IN_PROGRESS"}
    )
    refusal(early, 409, "PAYMENT_NOT_HELD")
    books_are_right()
    page = Client()
    page.force_login(ada)
    page.cookies["mami_language"] = "en"
    heading = page.get(f"/orders/{told['order_number']}/").content.decode()
    assert "Your order is with us. Pay by" in heading
    assert "The reason" not in heading
    due = page.get(f"/orders/{told['order_number']}/pay/").content.decode()
    assert "We took it on the phone" in due
    assert "We could not hold" not in due
    card = {"payment": {"provider": "sandbox", "token": "tok_visa"}}
    path = f"/orders/{told['order_id']}/payment"
    paid = ada_calls.post(path, card, headers={"Idempotency-Key": "p"}).json()["data"]
    assert (paid["payment"]["status"], paid["payment"]["authorized"]) == ("AUTHORIZED", "50.00")
    books_are_right()
    # Nobody pays the next one: it goes, with all it held.
    late = call(mia, ada, asked(shop, lines), key="k2").json()["data"]
    order = Order.objects.get(pk=late["order_id"])
    order.payment.pay_until = clock.now()
    order.payment.save(update_fields=["pay_until"])
    keep_held(now=clock.now())
    order.refresh_from_db()
    assert order.status == "CANCELED"
    assert shop.stock(milk) == (100, 2)
    books_are_right()


def test_refusals_change_nothing(shop: Shop) -> None:
    ada, mia, milk = shop.customer(), shop.manager(), shop.product(stock=3)
    lines = [{"product_id": milk.pk, "quantity": 2}]
    number = {"provider": "sandbox", "token": "4242424242424242"}
    refusal(call(mia, ada, asked(shop, lines, payment=number)), 400, "CARD_NUMBER_REFUSED")
    token = {"provider": "sandbox", "token": "tok_visa"}
    refusal(call(mia, ada, asked(shop, lines, payment=token)), 400, "VALIDATION_ERROR")
    refusal(call(mia, ada, asked(shop, lines), key=""), 400, "MISSING_IDEMPOTENCY_KEY")
    refusal(call(shop.employee(), ada, asked(shop, lines)), 403, "PERMISSION_DENIED")
    refusal(call(mia, mia, asked(shop, lines)), 403, "OWN_ORDER")
    stranger = tokens_of(user_id=shop.customer().pk)[0].pk
    foreign = asked(shop, lines, payment_token_id=stranger, consent=True)
    refusal(call(mia, ada, foreign), 404, "PAYMENT_TOKEN_NOT_FOUND")
    unknown = [{"product_id": 999_999, "quantity": 1}]
    refusal(call(mia, ada, asked(shop, unknown)), 404, "NOT_FOUND")
    many = [{"product_id": milk.pk, "quantity": 4}]
    refusal(call(mia, ada, asked(shop, many)), 409, "INSUFFICIENT_STOCK")
    refusal(call(mia, ada, asked(shop, [])), 400, "VALIDATION_ERROR")
    twice = [*lines, *lines]
    refusal(call(mia, ada, asked(shop, twice)), 400, "VALIDATION_ERROR")
    half = [{"product_id": milk.pk, "quantity": 0.5}]
    refusal(call(mia, ada, asked(shop, half)), 409, "QUANTITY_NOT_ALLOWED")
    refusal(call(mia, ada, asked(shop, lines, expected_total="1.00")), 409, "PRICE_CHANGED")
    ada_card = tokens_of(user_id=ada.pk)[0]
    ada_card.token = "tok_3ds"
    ada_card.save()
    asks = asked(shop, lines, payment_token_id=ada_card.pk, consent=True)
    assert refusal(call(mia, ada, asks), 402, "PAYMENT_DECLINED")["reason"]
    assert not Order.objects.exists()
    assert not Cart.objects.filter(status="CHECKED_OUT").exists()
    assert shop.stock(milk) == (3, 0)
    assert shop.taken() == 0
    books_are_right()


def test_the_page_puts_together_looks_and_places(shop: Shop, client: Client) -> None:
    ada, milk = shop.customer(), shop.product(name_en="Oat milk")
    client.cookies["mami_language"] = "en"
    client.force_login(shop.manager())
    path = f"/ops/customers/{ada.pk}/order/"
    assert "Send the customer a link" in client.get(path).content.decode()
    address = ada.addresses.get().pk
    typed: dict[str, Any] = {"where": f"address:{address}", "add": str(milk.pk), "notes": "ring"}
    body = client.post(path, typed).content.decode()
    assert f'name="line_{milk.pk}"' in body
    slot = f"{shop.slot.pk}@{shop.date.isoformat()}"
    typed = {"where": f"address:{address}", f"line_{milk.pk}": "2", "slot": slot, "look": "1"}
    seen = client.post(path, typed)
    assert seen.status_code == 200
    html = seen.content.decode()
    assert "Place the order" in html
    assert not Order.objects.exists()
    assert Cart.objects.count() == 0
    key = re.search(r'name="key" value="([^"]+)"', html)
    assert key is not None
    final = {**typed, "key": key[1], "expected_total": "50.00", "confirm": "1"}
    done = client.post(path, final)
    order = Order.objects.get()
    assert done["Location"] == f"/ops/orders/{order.order_number}/"
    assert order.total_amount == Decimal("50.00")
    assert client.post(path, final)["Location"] == done["Location"]
    refused = client.post(path, {**typed, f"line_{milk.pk}": "500"})
    assert refused.status_code == 422
    client.force_login(shop.employee())
    assert client.get(path).status_code in (403, 404)
