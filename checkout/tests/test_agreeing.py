"""A change dearer than the hold: staff propose it, and its customer's answer decides and pays."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from accounts.models import User
from catalog.models import Product
from checkout.requests import ChangeRequest
from checkout.services import propose_change, recover_changes, resume_change
from checkout.tests.test_changing import books_balance, holds, lines
from core import clock, faults
from orders.change_models import OrderQuestion
from orders.models import Order
from orders.services import cancel, claim_order, expire_questions, pick_item
from payments.services import perform_open_calls
from tests.api_client import ApiClient, refusal
from tests.shop import Shop, during_payment

pytestmark = pytest.mark.django_db(transaction=True)
NO = {"answer": "REJECT"}


@pytest.fixture
def milk(shop: Shop) -> Product:
    return shop.product(price=Decimal(20), name_en="Milk")


@pytest.fixture
def order(shop: Shop, milk: Product) -> Order:
    """Two of it, on a card that its owner did not keep."""
    ada = shop.customer(card=None)
    card = shop.raw_card("tok_visa")
    return shop.order(ada, {milk: 2}, request=shop.pickup(payment=card))


def propose(shop: Shop, order: Order, milk: Product, **more: Any) -> OrderQuestion:
    return propose_change(
        actor=shop.manager(),
        order_id=order.pk,
        request=ChangeRequest(
            lines=lines({milk: 3}),
            expected_version=1,
            expected_total=Decimal(60),
            reason="You rang and asked for one more",
        ),
        now=clock.now(),
        **more,
    )


def answer(person: User, question: OrderQuestion, **body: Any) -> Any:
    path = f"/orders/{question.order_id}/questions/{question.pk}/answer"
    return ApiClient(person).post(path, {"answer": "ACCEPT"} | body)


def card(token: str) -> dict[str, Any]:
    return {"payment": {"provider": "sandbox", "token": token}}


def as_it_was(shop: Shop, order: Order, milk: Product, promised: int = 2) -> None:
    order.refresh_from_db()
    assert (order.total_amount, order.version) == (Decimal(40), 1)
    assert shop.stock(milk, shop.branch) == (100, promised)
    assert [state for state, _amount in holds(shop, order)].count("AUTHORIZED") == 1
    books_balance()


def test_the_customer_agrees_and_pays(shop: Shop, order: Order, milk: Product) -> None:
    claim_order(actor=shop.employee(), order_id=order.pk, now=clock.now())
    api = ApiClient(shop.manager())
    body = {
        "lines": [{"product_id": milk.pk, "quantity": 3}],
        "reason": "You rang and asked for one more",
        "expected_version": 1,
        "expected_total": "60.00",
    }
    path = f"/ops/orders/{order.pk}/change"
    refused = api.post(path, body, headers={"Idempotency-Key": "k"})
    assert refusal(refused, 409, "EXCEEDS_HOLD")["authorized"] == "40.00"
    wrong = api.post(f"{path}/question", {**body, "expected_total": "59.00"})
    refusal(wrong, 409, "PRICE_CHANGED")
    for _twice in range(2):  # the same proposal is the same question
        asked = api.post(f"{path}/question", body)
        assert asked.status_code == 201, asked.content
    [told] = asked.json()["data"]["questions"]
    assert (told["kind"], told["status"], told["item_id"]) == ("CHANGE", "OPEN", None)
    assert told["change"] == {
        "reason": "You rang and asked for one more",
        "total_before": "40.00",
        "total": "60.00",
        "difference": "20.00",
        "delivery_slot": None,
        "less": [],
    }
    [offer] = told["offers"]
    assert (offer["product_id"], offer["quantity"], offer["line_total"]) == (milk.pk, 1, "20.00")
    as_it_was(shop, order, milk, promised=3)
    messages = apps.get_model("notifications", "Message").objects
    assert messages.filter(kind="substitute_question", user=order.user).count() == 1
    question = OrderQuestion.objects.get()

    refusal(answer(shop.customer(), question, **card("tok_visa")), 404, "NOT_FOUND")
    refusal(answer(order.user, question), 400, "PAYMENT_REQUIRED")
    refusal(answer(order.user, question, **card("tok_declined")), 402, "PAYMENT_DECLINED")
    as_it_was(shop, order, milk, promised=3)
    for _twice in range(2):
        found = answer(order.user, question, **card("tok_mastercard"))
        assert found.status_code == 200, found.content
    data = found.json()["data"]
    assert (data["total_amount"], data["version"]) == ("60.00", 2)
    assert (data["status"], data["questions"][0]["status"]) == ("IN_PROGRESS", "ACCEPTED")
    perform_open_calls(now=clock.now())
    order.refresh_from_db()
    assert [row for row in holds(shop, order) if row[0] == "AUTHORIZED"] == [
        ("AUTHORIZED", "60.00")
    ]
    assert shop.stock(milk, shop.branch) == (100, 3)
    question.refresh_from_db()
    assert "request" not in question.proposal
    books_balance()


@pytest.mark.parametrize("how", ["REJECT", "time", "cancel", "other"])
def test_it_ends_without_the_change(shop: Shop, order: Order, milk: Product, how: str) -> None:
    question = propose(shop, order, milk)
    if how == "REJECT":
        assert answer(order.user, question, **NO).status_code == 200
    elif how == "time":
        assert expire_questions(now=question.answer_until) == 1
        refusal(answer(order.user, question, **card("tok_visa")), 409, "QUESTION_CLOSED")
    elif how == "cancel":
        cancel(actor=order.user, order_id=order.pk, now=clock.now())
        assert shop.stock(milk, shop.branch) == (100, 0)
    else:
        again = propose_change(
            actor=shop.manager(),
            order_id=order.pk,
            request=ChangeRequest(
                lines=lines({milk: 5}), reason="two more than that",
                expected_version=1, expected_total=Decimal(100),
            ),
            now=clock.now(),
        )  # fmt: skip
        assert shop.stock(milk, shop.branch) == (100, 5)
        assert answer(order.user, again, **NO).status_code == 200
    question.refresh_from_db()
    assert question.status == ("REJECTED" if how == "REJECT" else "EXPIRED")
    if how != "cancel":
        as_it_was(shop, order, milk)
    books_balance()


def test_the_bank_asks_first(shop: Shop, order: Order, milk: Product) -> None:
    question = propose(shop, order, milk)
    asked = answer(order.user, question, **card("tok_3ds"))
    details = refusal(asked, 402, "PAYMENT_ACTION_REQUIRED")
    expire_questions(now=question.answer_until)  # while the bank is asked it stays open
    question.refresh_from_db()
    assert question.status == "OPEN"
    shop.sandbox.decide(reference=details["redirect_url"].rstrip("/").rpartition("/")[2], yes=True)
    assert resume_change(actor=order.user, order_number=order.order_number, now=clock.now())
    order.refresh_from_db()
    question.refresh_from_db()
    assert (order.total_amount, question.status) == (Decimal(60), "ACCEPTED")
    perform_open_calls(now=clock.now())
    books_balance()


def test_nobody_picks_on_while_it_is_paid(shop: Shop, order: Order, milk: Product) -> None:
    """What is agreed on are the lines as they stand: an answer meanwhile would promise goods twice."""
    eli = shop.employee()
    claim_order(actor=eli, order_id=order.pk, now=clock.now())
    question = propose(shop, order, milk)
    found: list[str] = []

    def pick() -> None:
        item = order.items.get()
        try:
            pick_item(
                actor=eli, order_id=order.pk, item_id=item.pk, picked_status="PICKED",
                picked_quantity=Decimal(2), now=clock.now(),
            )  # fmt: skip
        except Exception as refused:
            found.append(getattr(refused, "code", repr(refused)))

    with during_payment(shop, pick):
        assert answer(order.user, question, **card("tok_visa")).status_code == 200
    assert found == ["ORDER_BEING_CHANGED"]
    assert shop.stock(milk, shop.branch) == (100, 3)
    perform_open_calls(now=clock.now())
    books_balance()


def test_a_process_that_dies_holds_nothing_twice(shop: Shop, order: Order, milk: Product) -> None:
    question = propose(shop, order, milk)

    class Died(BaseException):
        pass

    def die() -> None:
        raise Died

    faults.arm("after_provider_call_before_record", die)
    try:
        with pytest.raises(Died):
            answer(order.user, question, **card("tok_visa"))
    finally:
        faults.disarm()
    later = clock.now() + dt.timedelta(minutes=1)
    assert recover_changes(now=later) == 1
    order.refresh_from_db()
    question.refresh_from_db()
    assert (order.total_amount, question.status) == (Decimal(60), "ACCEPTED")
    perform_open_calls(now=later)
    books_balance()


@pytest.mark.parametrize("language", ["en", "he"])
def test_the_pages(shop: Shop, order: Order, milk: Product, client: Client, language: str) -> None:
    client.cookies["mami_language"] = language
    client.force_login(shop.manager())
    page = f"/ops/orders/{order.order_number}/change/"
    line = f"quantity_{order.items.get().pk}"
    seen = client.post(page, {line: "3", "reason": "you rang"}).content.decode()
    assert 'name="ask"' in seen
    assert 'name="confirm"' not in seen
    typed = {line: "3", "reason": "you rang", "version": "1", "expected_total": "60.00"}
    assert client.post(page, {**typed, "ask": "1"}).status_code == 302
    question = OrderQuestion.objects.get()
    client.force_login(order.user)
    own = f"/orders/{order.order_number}/"
    agree = f"{own}agree/{question.pk}/"
    assert agree in client.get(own).content.decode()
    assert "60.00" in client.get(agree).content.decode()
    refused = client.post(agree, {"confirm": "1", "card": "token:tok_declined"})
    assert refused.status_code == 422
    assert client.post(agree, {"confirm": "1", "card": "nonsense"}).status_code == 422
    question.refresh_from_db()
    assert question.status == "OPEN"  # no other card is taken instead
    assert client.post(agree, {"confirm": "1", "card": "token:tok_visa"}).status_code == 302
    order.refresh_from_db()
    assert order.total_amount == 60
    assert client.get(agree).status_code == 302  # closed
    client.force_login(shop.customer())
    assert client.get(agree).status_code == 404
