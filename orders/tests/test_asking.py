"""Questions to a customer, with their clock: the first answer counts, and goods are promised meanwhile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from catalog.models import Product
from checkout.invariants import ALL
from core import clock
from core.errors import InvalidInput
from core.invariants import judge
from orders.change_models import OrderQuestion
from orders.errors import QuestionClosed
from orders.models import Order, OrderItem
from orders.services import (
    answer_question,
    ask_customer,
    asking,
    change_status,
    expire_questions,
    pick_item,
    substitute,
)
from orders.tests.test_customers_choice import finish, ordered, pick
from tests.api_client import refusal
from tests.races import PLACES, codes, longest, race, rounds
from tests.shop import Shop, open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with open_with_sandbox(capacity=PLACES) as opened:
        yield opened


@pytest.fixture
def milk(shop: Shop) -> Product:
    return shop.product(price=Decimal("9.90"), name_en="Milk")


@pytest.fixture
def other(shop: Shop) -> Product:
    return shop.product(price=Decimal("11.50"), name_en="Other milk")


def books_balance() -> None:
    wrong = [
        finding.what
        for verdict in judge(ALL)
        if not verdict.is_kept
        for finding in verdict.findings
    ]
    assert wrong == []


def asked(shop: Shop, milk: Product, other: Product) -> tuple[Order, OrderQuestion]:
    """Two of it missing, one other thing packed; the question is open and the order waits."""
    bread = shop.product(category=shop_category(shop))
    order = ordered(shop, {milk: 2, bread: 1}, "CALL_ME")
    pick(order, bread, 1)
    pick(order, milk, None)
    assert finish(order) == "MISSING"
    return order, OrderQuestion.objects.get(order=order)


def shop_category(shop: Shop) -> Any:
    from catalog.models import Category

    return Category.objects.get_or_create(
        slug="bread", defaults={"name_he": "לחם", "name_en": "Bread"}
    )[0]


def say(order: Order, question: OrderQuestion, product: Product | None, **more: Any) -> Order:
    return answer_question(
        actor=order.user,
        order_id=order.pk,
        question_id=question.pk,
        accept=product is not None,
        product_id=product.pk if product else None,
        now=more.pop("now", clock.now()),
        **more,
    )


class TestTheQuestion:
    def test_opens_by_itself_with_what_is_promised(
        self, shop: Shop, milk: Product, other: Product
    ) -> None:
        order, question = asked(shop, milk, other)
        [offer] = question.offers.all()
        assert (offer.product, offer.quantity) == (other, 2)
        assert offer.line_total == Decimal("19.80")  # never dearer than what it replaces
        assert shop.stock(other) == (100, 2)
        minutes = question.answer_until - question.asked_at
        assert minutes == dt.timedelta(minutes=15)
        messages = apps.get_model("notifications", "Message").objects
        assert messages.filter(kind="substitute_question", user=order.user).count() == 1
        books_balance()

    def test_accepted_it_is_picked_and_paid_like_what_it_replaces(
        self, shop: Shop, milk: Product, other: Product
    ) -> None:
        order, question = asked(shop, milk, other)

        assert say(order, question, other).status == "IN_PROGRESS"

        order.refresh_from_db()
        line = order.items.get(product=other)
        assert (line.picked_status, line.quantity, line.line_total - line.discount) == (
            "PENDING", 2, Decimal("19.80"),
        )  # fmt: skip
        assert shop.stock(other) == (100, 2)
        books_balance()
        assert order.picker is not None
        pick_item(
            actor=order.picker, order_id=order.pk, item_id=line.pk, picked_status="PICKED",
            now=clock.now(),
        )  # fmt: skip
        assert finish(order) == "READY"
        assert shop.stock(other) == (98, 0)
        books_balance()

    def test_nobody_takes_more_weight_than_is_missing(self, shop: Shop) -> None:
        """What is weighed may weigh more and costs no more: nobody orders the more."""
        kilo, other = shop.weighed(), shop.weighed()
        order, question = asked(shop, kilo, other)
        with pytest.raises(InvalidInput):
            say(order, question, other, quantity=Decimal("2.5"))
        question.refresh_from_db()
        assert (question.status, order.items.count()) == ("OPEN", 2)

    def test_a_substitute_that_is_not_found_either_is_not_charged(
        self, shop: Shop, milk: Product, other: Product
    ) -> None:
        order, question = asked(shop, milk, other)
        say(order, question, other)
        order.refresh_from_db()
        line = order.items.get(product=other)
        assert order.picker is not None
        pick_item(
            actor=order.picker, order_id=order.pk, item_id=line.pk, picked_status="MISSING",
            now=clock.now(),
        )  # fmt: skip
        assert finish(order) == "READY"  # the customer was asked
        assert shop.stock(other) == (100, 0)
        books_balance()

    def test_rejected_or_too_late_it_is_left_out(
        self, shop: Shop, milk: Product, other: Product
    ) -> None:
        order, question = asked(shop, milk, other)
        assert say(order, question, None).status == "READY"
        assert shop.stock(other) == (100, 0)
        late, unanswered = asked(shop, milk, other)
        assert expire_questions(now=unanswered.answer_until - dt.timedelta(seconds=1)) == 0
        assert expire_questions(now=unanswered.answer_until) == 1
        late.refresh_from_db()
        unanswered.refresh_from_db()
        assert (late.status, unanswered.status) == ("READY", "EXPIRED")
        books_balance()

    @pytest.mark.parametrize("answered", [True, False])
    def test_asked_by_the_picker_it_waits_for_the_answer(
        self, shop: Shop, milk: Product, other: Product, answered: bool
    ) -> None:
        """A short line that takes the closest one holds nothing up, but for whoever was asked."""
        order = ordered(shop, {milk: 2}, "BEST_MATCH")
        pick(order, milk, 1)
        item = order.items.get()
        assert order.picker is not None
        question = ask_customer(
            actor=order.picker, order_id=order.pk, item_id=item.pk, now=clock.now()
        )
        assert finish(order) == "MISSING"
        if answered:
            assert say(order, question, other).status == "IN_PROGRESS"
        else:
            expire_questions(now=question.answer_until)
            order.refresh_from_db()
            assert order.status == "READY"
            with pytest.raises(QuestionClosed):
                say(order, question, other)
        books_balance()

    def test_by_phone_cancelled_and_found_after_all(
        self, shop: Shop, milk: Product, other: Product
    ) -> None:
        order, question = asked(shop, milk, other)
        substitute(
            actor=shop.manager(), order_id=order.pk, item_id=question.item_id or 0,
            product_id=other.pk, agreed=True, now=clock.now(),
        )  # fmt: skip
        question.refresh_from_db()
        assert question.status == "BY_PHONE"
        gone, open_one = asked(shop, milk, other)
        change_status(actor=shop.manager(), order_id=gone.pk, to="CANCELED", now=clock.now())
        open_one.refresh_from_db()
        assert open_one.status == "EXPIRED"
        found = ordered(shop, {milk: 2}, "CALL_ME")
        item = found.items.get()
        assert found.picker is not None
        third = ask_customer(
            actor=found.picker, order_id=found.pk, item_id=item.pk, now=clock.now()
        )
        pick(found, milk, 2)
        third.refresh_from_db()
        assert third.status == "EXPIRED"
        assert finish(found) == "READY"
        books_balance()


class TestFaces:
    def test_the_api_asks_and_answers(
        self, shop: Shop, milk: Product, other: Product, api: Any
    ) -> None:
        order = ordered(shop, {milk: 2}, "CALL_ME")
        item, eli = order.items.get(), order.picker
        path = f"/ops/orders/{order.pk}/items/{item.pk}/question"
        unsafe = shop.product(allergens=["nuts"])
        body = {"product_ids": [unsafe.pk]}
        refusal(api(eli).post(path, body), 409, "SUBSTITUTE_NOT_POSSIBLE")
        data = api(eli).post(path, {"product_ids": [other.pk, other.pk]}).json()["data"]
        [question] = data["questions"]
        assert (question["status"], question["missing_quantity"]) == ("OPEN", 2)
        assert question["offers"][0]["line_total"] == "19.80"
        answer = f"/orders/{order.pk}/questions/{question['id']}/answer"
        refusal(api(shop.customer()).post(answer, {"answer": "REJECT"}), 404, "NOT_FOUND")
        refusal(api(order.user).post(answer, {"answer": "MAYBE"}), 400, "VALIDATION_ERROR")
        accept = {"answer": "ACCEPT", "product_id": other.pk, "quantity": 1}
        for much in (3, "0", "-1", "0.5"):
            refusal(
                api(order.user).post(answer, {**accept, "quantity": much}), 400, "VALIDATION_ERROR"
            )
        seen = api(order.user).post(answer, accept).json()["data"]
        assert [one["status"] for one in seen["questions"]] == ["ACCEPTED"]
        assert [line["substitute_for"] for line in seen["items"]] == [None, item.pk]
        details = refusal(api(order.user).post(answer, accept), 409, "QUESTION_CLOSED")
        assert details["status"] == "ACCEPTED"
        refusal(api(shop.manager()).post(answer, accept), 403, "PERMISSION_DENIED")
        books_balance()

    @pytest.mark.parametrize("language", ["en", "he"])
    def test_the_order_page_asks(
        self, shop: Shop, milk: Product, other: Product, language: str
    ) -> None:
        order, question = asked(shop, milk, other)
        ada = Client()
        ada.cookies["mami_language"] = language
        ada.force_login(order.user)
        page = f"/orders/{order.order_number}/"
        html = ada.get(page).content.decode()
        assert f"{page}questions/{question.pk}/" in html
        assert f'name="product" value="{other.pk}"' in html
        for said in ({"product": "١٢"}, {"product": "-1"}, {"product": "9" * 30}, {}):
            ada.post(f"{page}questions/{question.pk}/", said)
            question.refresh_from_db()
            assert question.status == "OPEN"  # what cannot be read is neither yes nor no
        ada.post(f"{page}questions/{question.pk}/", {"product": ""})
        question.refresh_from_db()
        assert question.status == "REJECTED"
        again = ada.post(f"{page}questions/{question.pk}/", {"product": other.pk}, follow=True)
        assert again.status_code == 200


class TestRaces:
    ROUNDS = rounds(5)

    def both(self, order: Order, question: OrderQuestion, other: Product) -> list[str]:
        """The customer accepts in the second the time runs out."""
        until = question.answer_until
        return codes(
            race(
                [
                    lambda: say(order, question, other, now=until - dt.timedelta(milliseconds=1)),
                    lambda: expire_questions(now=until),
                ]
            )
        )

    def test_an_answer_against_the_clock(self, shop: Shop, milk: Product, other: Product) -> None:
        for _ in range(self.ROUNDS):
            order, question = asked(shop, milk, other)
            results = self.both(order, question, other)
            question.refresh_from_db()
            order.refresh_from_db()
            if results[0] == "ok":
                assert (question.status, order.status) == ("ACCEPTED", "IN_PROGRESS")
            else:
                assert results[0] == "QUESTION_CLOSED"
                assert (question.status, order.status) == ("EXPIRED", "READY")
            books_balance()
            cancel_by_staff(shop, order)

    def test_control_without_the_lock_both_happen(
        self, shop: Shop, milk: Product, other: Product, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import threading

        shop.order(quantities={other: 5})  # its promise is what gets lost
        order, question = asked(shop, milk, other)
        looked = threading.Barrier(2, timeout=longest())
        closing = asking.close_question

        def look(**given: Any) -> None:
            looked.wait()  # both saw it open
            closing(**given)

        monkeypatch.setattr(
            asking, "lock_order", lambda *, order_id: Order.objects.get(pk=order_id)
        )
        monkeypatch.setattr(
            asking,
            "lock_items",
            lambda *, order_id: list(OrderItem.objects.filter(order=order_id).order_by("pk")),
        )
        monkeypatch.setattr(asking, "close_question", look)
        assert self.both(order, question, other) == ["ok", "ok"]
        wrong = [finding.what for verdict in judge(ALL) for finding in verdict.findings]
        assert any(f"product {other.pk} " in what for what in wrong), wrong


def cancel_by_staff(shop: Shop, order: Order) -> None:
    if order.status == "IN_PROGRESS":
        change_status(actor=shop.manager(), order_id=order.pk, to="CANCELED", now=clock.now())


class TestPages:
    def test_a_picker_asks_with_a_button_and_the_queue_says_so(
        self, shop: Shop, milk: Product, other: Product, client: Client
    ) -> None:
        order = ordered(shop, {milk: 2}, "CALL_ME")
        eli = order.picker
        assert eli is not None
        client.force_login(eli)
        client.cookies["mami_language"] = "en"
        item = order.items.get()
        path = f"/ops/orders/{order.order_number}/items/{item.pk}"
        assert "Ask the customer" in client.get(f"{path}/swap/").content.decode()
        for said in (["x"], [other.pk, "²"], [1, 2, 3, 4]):
            client.post(f"{path}/ask/", {"product": said})
        assert not OrderQuestion.objects.exists()
        client.post(f"{path}/ask/")
        question = OrderQuestion.objects.get(order=order)
        assert question.offers.get().product == other
        assert "They may answer until" in client.get(f"{path}/swap/").content.decode()
        assert "asks the customer, 1" in client.get("/ops/?status=OPEN").content.decode()
        Order.objects.filter(pk=order.pk).update(is_being_changed=True)
        assert "being changed" in client.get("/ops/?status=OPEN").content.decode()

    def test_the_customer_sees_the_clock_and_finds_another_one(
        self, shop: Shop, milk: Product, other: Product, client: Client
    ) -> None:
        order, question = asked(shop, milk, other)
        oat = shop.product(name_en="Oat drink", category=shop_category(shop))
        nuts = shop.product(name_en="Oat with nuts", allergens=["nuts"])
        client.force_login(order.user)
        client.cookies["mami_language"] = "en"
        path = f"/orders/{order.order_number}/"
        assert "Please answer until" in client.get(path).content.decode()
        assert "minutes left" in client.get(f"{path}progress/").content.decode()
        search = f"{path}questions/{question.pk}/another/"
        found = client.get(search, {"q": "oat"}).content.decode()
        assert oat.name_en in found
        assert nuts.name_en not in found
        client.post(f"{path}questions/{question.pk}/", {"product": oat.pk})
        assert order.items.get(product=oat).substitute_for == question.item
        assert client.get(search)["Location"] == path
        client.force_login(shop.customer())
        assert client.get(search).status_code == 404
