"""Paying for an order that stands, on the page and in the API; and staff who ask for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from checkout.invariants import ALL
from core import clock
from core.errors import NotFound
from notifications.models import Message
from orders import services
from orders.models import Order
from orders.tests.holds import Clock, far_shop, payment, round_at, scheduled, told, window_start
from payments.errors import AlreadyAsked, PaymentAlreadyHeld, PaymentClosed
from payments.models import Payment
from payments.providers.sandbox import Weather
from payments.services import perform_open_calls
from tests.api_client import ApiClient, refusal
from tests.shop import Shop

MINUTES = dt.timedelta(minutes=1)


@pytest.fixture
def unpaid(shop: Shop) -> Order:
    """An order whose hold ran out."""
    ada = shop.customer(card=None)
    milk = shop.product()
    order = shop.order(ada, {milk: 3}, request=shop.request(payment=shop.raw_card("tok_visa")))
    lose(shop, order)
    return order


def lose(shop: Shop, order: Order) -> None:
    """Let the hold run out."""
    shop.sandbox.ledger.expire(order_number=order.order_number)
    Payment.objects.filter(pk=order.payment_id).update(hold_expires_at=clock.now())
    services.keep_held(now=clock.now())
    assert payment(order).state == "UNPAID"


@pytest.fixture
def far(shop: Shop) -> Iterator[tuple[Shop, Clock]]:
    time = Clock(clock.now())
    with far_shop(shop, time) as found:
        yield found, time


def balanced() -> bool:
    found = [one.what for rule in ALL for one in rule.check(None)]
    assert found == []
    return True


def pay(person: User, order: Order, body: dict[str, object], key: str = "k") -> Any:
    """The call, as this person makes it."""
    headers = {"Idempotency-Key": key} if key else {}
    return ApiClient(person).post(f"/orders/{order.pk}/payment", body, headers=headers)


def card(token: str) -> dict[str, object]:
    return {"payment": {"provider": "sandbox", "token": token}}


class TestApi:
    def post(self, order: Order, body: dict[str, object], key: str = "pay-1"):  # type: ignore[no-untyped-def]
        return pay(order.user, order, body, key)

    def test_another_card(self, unpaid: Order) -> None:
        answer = self.post(unpaid, card("tok_mastercard"))
        assert answer.status_code == 200
        body = answer.json()["data"]["payment"]
        assert (body["status"], body["authorized"]) == ("AUTHORIZED", "60.00")
        assert (body["pay_path"], body["pay_until"]) == (None, None)
        assert body["hold_expires_at"].endswith("Z")
        assert told(unpaid.user)[-1] == "order_paid"
        assert balanced()

    def test_the_order_says_where_and_until_when(self, unpaid: Order) -> None:
        body = ApiClient(unpaid.user).get(f"/orders/{unpaid.pk}").json()["data"]["payment"]
        assert body["status"] == "UNPAID"
        assert body["pay_path"] == f"/orders/{unpaid.order_number}/pay/"
        assert body["pay_until"] is not None

    def test_the_same_key_again_asks_nobody(self, unpaid: Order) -> None:
        first = self.post(unpaid, card("tok_mastercard")).json()
        assert self.post(unpaid, card("tok_mastercard")).json() == first
        refusal(self.post(unpaid, card("tok_visa")), 409, "IDEMPOTENCY_KEY_REUSE_MISMATCH")
        assert Payment.objects.filter(order_number=unpaid.order_number).count() == 2

    def test_declined_it_stays_unpaid_and_the_key_may_be_used_again(self, unpaid: Order) -> None:
        refusal(self.post(unpaid, card("tok_declined")), 402, "PAYMENT_DECLINED")
        assert payment(unpaid).state == "UNPAID"
        assert self.post(unpaid, card("tok_visa")).status_code == 200
        assert balanced()

    def test_the_bank_asks_and_the_same_key_tells_the_outcome(
        self, unpaid: Order, shop: Shop
    ) -> None:
        answer = self.post(unpaid, card("tok_3ds"))
        refusal(answer, 402, "PAYMENT_ACTION_REQUIRED")
        url = answer.json()["error"]["details"]["redirect_url"]
        refusal(self.post(unpaid, card("tok_3ds")), 402, "PAYMENT_ACTION_REQUIRED")
        shop.sandbox.decide(reference=url.rstrip("/").rpartition("/")[2], yes=True)
        assert self.post(unpaid, card("tok_3ds")).status_code == 200
        assert payment(unpaid).state == "AUTHORIZED"
        assert balanced()

    def test_another_card_gives_the_waiting_attempt_up(self, unpaid: Order, shop: Shop) -> None:
        refusal(self.post(unpaid, card("tok_3ds")), 402, "PAYMENT_ACTION_REQUIRED")
        assert self.post(unpaid, card("tok_visa"), key="pay-2").status_code == 200
        perform_open_calls(now=clock.now())
        assert [row["status"] for row in shop.sandbox.ledger.holds()][-1] in ("HELD", "VOIDED")
        assert balanced()

    def test_confirmed_at_the_bank_without_coming_back(self, unpaid: Order, shop: Shop) -> None:
        answer = self.post(unpaid, card("tok_3ds"))
        url = answer.json()["error"]["details"]["redirect_url"]
        shop.sandbox.decide(reference=url.rstrip("/").rpartition("/")[2], yes=True)
        services.keep_held(now=clock.now() + MINUTES)
        assert payment(unpaid).state == "AUTHORIZED"

    def test_a_lost_answer_is_found(self, unpaid: Order) -> None:
        refusal(self.post(unpaid, card("tok_timeout")), 409, "PAYMENT_PENDING")
        assert self.post(unpaid, card("tok_timeout")).status_code == 200
        assert balanced()

    def test_strangers_and_staff_find_nothing(self, unpaid: Order, shop: Shop) -> None:
        body = card("tok_visa")
        for person in (shop.customer(), shop.person("ADMIN")):
            answer = pay(person, unpaid, body)
            assert answer.status_code in (403, 404)
        assert payment(unpaid).state == "UNPAID"

    @pytest.mark.parametrize("key", ["", "a b", "x" * 129])
    def test_a_key_that_is_none(self, unpaid: Order, key: str) -> None:
        answer = pay(unpaid.user, unpaid, card("tok_visa"), key)
        refusal(answer, 400, "MISSING_IDEMPOTENCY_KEY")

    def test_closed_once_it_is_too_late(self, unpaid: Order) -> None:
        Payment.objects.filter(pk=unpaid.payment_id).update(pay_until=clock.now() - MINUTES)
        refusal(self.post(unpaid, card("tok_visa")), 409, "PAYMENT_CLOSED")

    def test_a_held_order_moves_to_another_card(self, shop: Shop) -> None:
        order = shop.order()
        first = order.payment_id
        assert self.post(order, card("tok_mastercard")).status_code == 200
        perform_open_calls(now=clock.now())
        assert payment(order).last4 == "4444"
        assert Payment.objects.get(pk=first).state == "VOIDED"
        assert balanced()

    def test_a_declined_other_card_leaves_the_hold(self, shop: Shop) -> None:
        order = shop.order()
        refusal(self.post(order, card("tok_declined")), 402, "PAYMENT_DECLINED")
        assert payment(order).state == "AUTHORIZED"
        assert balanced()

    def test_charged_cancelled_and_free_are_closed(self, shop: Shop) -> None:
        order = shop.order()
        services.cancel(actor=order.user, order_id=order.pk, now=clock.now())
        refusal(self.post(order, card("tok_visa")), 409, "PAYMENT_CLOSED")


def test_a_scheduled_order_takes_another_card(far: tuple[Shop, Clock]) -> None:
    shop, time = far
    order = scheduled(shop, "tok_later_declined")
    answer = pay(order.user, order, card("tok_mastercard"))
    assert answer.json()["data"]["payment"]["status"] == "SCHEDULED"
    assert not list(shop.sandbox.ledger.holds())
    round_at(time, window_start(shop) - dt.timedelta(hours=48))
    found = payment(order)
    assert (found.state, found.last4) == ("AUTHORIZED", "4444")
    assert balanced()


class TestPage:
    def open(self, order: Order, client: Client) -> str:
        client.force_login(order.user)
        return reverse("paying:pay", args=[order.order_number])

    @pytest.mark.parametrize("language", ["he", "en"])
    def test_it_says_why_until_when_and_what(
        self, unpaid: Order, client: Client, language: str
    ) -> None:
        client.cookies["mami_language"] = language
        page = client.get(self.open(unpaid, client)).content.decode()
        assert "60" in page
        assert 'name="card"' in page
        assert ("ההזמנה" if language == "he" else "We could not hold the money") in page

    def test_paying_leads_back_to_the_order(self, unpaid: Order, client: Client) -> None:
        url = self.open(unpaid, client)
        answer = client.post(url, {"key": "p", "card": "token:tok_visa"})
        assert answer["Location"] == reverse("orders:detail", args=[unpaid.order_number])
        assert payment(unpaid).state == "AUTHORIZED"

    @pytest.mark.parametrize("chosen", ["", "token:tok_declined", "nonsense", "saved:999999"])
    def test_a_refusal_stands_beside_the_card(
        self, unpaid: Order, client: Client, chosen: str
    ) -> None:
        answer = client.post(self.open(unpaid, client), {"key": "p", "card": chosen})
        assert answer.status_code == 422
        assert 'id="pay-error"' in answer.content.decode()
        assert payment(unpaid).state == "UNPAID"

    def test_the_bank_and_back(self, unpaid: Order, client: Client, shop: Shop) -> None:
        answer = client.post(self.open(unpaid, client), {"key": "p", "card": "token:tok_3ds"})
        assert answer.status_code == 202
        attempt = Payment.objects.filter(order_number=unpaid.order_number).latest("pk")
        bank = client.post(f"/sandbox/bank/{attempt.provider_reference}/", {"answer": "yes"})
        back = client.get(bank["Location"])
        assert back["Location"] == reverse("orders:detail", args=[unpaid.order_number])
        assert payment(unpaid).state == "AUTHORIZED"

    def test_refused_at_the_bank_it_comes_back_here(self, unpaid: Order, client: Client) -> None:
        client.post(self.open(unpaid, client), {"key": "p", "card": "token:tok_3ds"})
        attempt = Payment.objects.filter(order_number=unpaid.order_number).latest("pk")
        bank = client.post(f"/sandbox/bank/{attempt.provider_reference}/", {"answer": "no"})
        assert client.get(bank["Location"])["Location"] == self.open(unpaid, client)
        assert payment(unpaid).state == "UNPAID"

    def test_what_needs_no_money_leads_to_the_order(self, client: Client, shop: Shop) -> None:
        order = shop.order()
        services.cancel(actor=order.user, order_id=order.pk, now=clock.now())
        assert client.get(self.open(order, client)).status_code == 302

    def test_a_stranger_finds_nothing(self, unpaid: Order, client: Client, shop: Shop) -> None:
        url = self.open(unpaid, client)
        client.force_login(shop.customer())
        assert client.get(url).status_code == 404

    def test_the_order_page_leads_here(self, unpaid: Order, client: Client) -> None:
        url = self.open(unpaid, client)
        page = client.get(reverse("orders:detail", args=[unpaid.order_number]))
        assert f'href="{url}"' in page.content.decode()


class TestStaffAsk:
    def ask(self, shop: Shop, order: Order, now: dt.datetime | None = None) -> None:
        services.request_payment(actor=shop.manager(), order_id=order.pk, now=now or clock.now())

    def test_one_letter_in_ten_minutes(self, unpaid: Order, shop: Shop) -> None:
        with pytest.raises(AlreadyAsked) as refused:
            self.ask(shop, unpaid)
        assert 0 < refused.value.details["retry_after"] <= 600
        self.ask(shop, unpaid, clock.now() + 11 * MINUTES)
        assert Message.objects.filter(kind="order_hold_failed").count() == 2

    def test_the_answer_says_when_to_ask_again(self, unpaid: Order, shop: Shop) -> None:
        answer = ApiClient(shop.manager()).post(f"/admin/orders/{unpaid.pk}/request-payment", {})
        refusal(answer, 409, "ALREADY_ASKED")
        assert int(answer["Retry-After"]) > 0

    def test_with_an_agreement_it_is_held_at_once(self, far: tuple[Shop, Clock]) -> None:
        shop, _time = far
        order = scheduled(shop)
        answer = ApiClient(shop.manager()).post(f"/admin/orders/{order.pk}/request-payment", {})
        body = answer.json()["data"]
        assert body["payment"]["status"] == "AUTHORIZED"
        assert [hold["status"] for hold in body["holds"]] == ["AUTHORIZED"]
        with pytest.raises(PaymentAlreadyHeld):
            self.ask(shop, order)
        assert balanced()

    @pytest.mark.parametrize("silent", [False, True])
    def test_who_was_asked_hears_how_it_went(self, shop: Shop, silent: bool) -> None:
        """A saved card pays: they are thanked. Nobody answers: they are asked, for no job would."""
        order = shop.order()
        lose(shop, order)
        if silent:
            shop.sandbox.ledger.set_weather(mode=Weather.DOWN)
        self.ask(shop, order, clock.now() + 11 * MINUTES)
        kinds = ["order_hold_failed", "order_hold_failed" if silent else "order_paid"]
        assert told(order.user)[1:] == kinds
        assert payment(order).state == ("UNPAID" if silent else "AUTHORIZED")
        shop.sandbox.ledger.set_weather(mode="")
        assert balanced()

    def test_not_what_is_over_nor_ones_own(self, shop: Shop) -> None:
        from orders.errors import OwnOrder

        order = shop.order()
        services.cancel(actor=order.user, order_id=order.pk, now=clock.now())
        with pytest.raises(PaymentClosed):
            self.ask(shop, order)
        with pytest.raises(NotFound):
            services.request_payment(actor=shop.manager(), order_id=0, now=clock.now())
        mine = shop.order()
        mine.user.role = "MANAGER"
        mine.user.save()
        with pytest.raises(OwnOrder):
            services.request_payment(actor=mine.user, order_id=mine.pk, now=clock.now())

    def test_the_lists_of_the_unpaid(self, unpaid: Order, shop: Shop, client: Client) -> None:
        paid = shop.order()
        rows = ApiClient(shop.employee()).get("/ops/orders?unpaid=true").json()["data"]
        assert [row["order_id"] for row in rows] == [unpaid.pk]
        assert rows[0]["payment_status"] == "UNPAID"
        client.force_login(shop.manager())
        page = client.get("/ops/?unpaid=1").content.decode()
        assert unpaid.order_number in page
        assert paid.order_number not in page
        assert f"/ops/orders/{unpaid.order_number}/claim/" not in page
        detail = client.get(f"/ops/orders/{unpaid.order_number}/").content.decode()
        assert "request-payment" in detail
        assert Decimal("60.00") == unpaid.total_amount
