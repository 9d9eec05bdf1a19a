"""A bank that wants its cardholder to confirm first: coming back, giving up, changing one's mind."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from accounts.models import User
from checkout.errors import CartAlreadyOrdered
from checkout.invariants import ALL
from checkout.models import Reservation
from checkout.services import recover, resume_after_authentication
from checkout.tests.test_views import form, hidden
from core import clock
from core.errors import NotFound
from core.invariants import judge
from orders.models import Order
from payments.errors import PaymentActionRequired, PaymentDeclined
from payments.services import perform_open_calls
from tests.api_client import refusal
from tests.shop import Shop

BACK = "/checkout/return/"


@pytest.fixture
def ada(shop: Shop) -> User:
    user = shop.customer(card="tok_3ds")
    user.language = "en"
    user.save()
    shop.fill(user, {shop.product(): 2})
    return user


def asked(shop: Shop, ada: User, **more: Any) -> str:
    """Confirm until the bank asks; the payment's name at the provider."""
    with pytest.raises(PaymentActionRequired) as wanted:
        shop.confirm(ada, **more)
    number = Reservation.objects.latest("pk").order_number
    assert wanted.value.details["order_number"] == number
    reference = wanted.value.details["redirect_url"].rstrip("/").rpartition("/")[2]
    assert shop.payments(ada)[-1].provider_reference == reference
    return reference


def number(ada: User) -> str:
    return Reservation.objects.filter(user=ada).latest("pk").order_number


def balanced() -> bool:
    return all(verdict.is_kept for verdict in judge(ALL))


def cases() -> int:
    return apps.get_model("payments", "ReconciliationCase").objects.count()


class TestComingBack:
    def test_confirmed_completes_the_order_on_return(self, shop: Shop, ada: User) -> None:
        shop.sandbox.decide(reference=asked(shop, ada), yes=True)
        assert resume_after_authentication(
            actor=ada, order_number=number(ada), now=clock.now()
        ) == number(ada)
        order = Order.objects.get()
        assert (order.user, order.payment.state) == (ada, "AUTHORIZED")
        assert cases() == 0, "nothing went wrong, so nothing is listed"
        assert resume_after_authentication(
            actor=ada, order_number=number(ada), now=clock.now()
        ) == number(ada)
        assert Order.objects.count() == 1

    def test_the_same_key_tells_the_outcome(self, shop: Shop, ada: User) -> None:
        reference = asked(shop, ada)
        assert asked(shop, ada) == reference, "not yet: the same question again"
        shop.sandbox.decide(reference=reference, yes=True)
        result = shop.confirm(ada)
        assert Order.objects.get().order_number == result.order_number
        assert shop.confirm(ada).replayed

    def test_without_coming_back_the_job_completes_it(self, shop: Shop, ada: User) -> None:
        shop.sandbox.decide(reference=asked(shop, ada), yes=True)
        assert recover(now=clock.now()) == 1
        assert Order.objects.get().user == ada
        assert cases() == 0

    def test_refused_at_the_bank_gives_everything_back(self, shop: Shop, ada: User) -> None:
        shop.sandbox.decide(reference=asked(shop, ada), yes=False)
        for _ in range(2):  # the second time it was settled before
            with pytest.raises(PaymentDeclined) as refused:
                resume_after_authentication(actor=ada, order_number=number(ada), now=clock.now())
            assert refused.value.details == {"reason": "authentication_failed"}
        assert not Order.objects.exists()
        assert not Reservation.objects.filter(status="ACTIVE").exists()
        assert balanced()

    def test_not_yet(self, shop: Shop, ada: User) -> None:
        asked(shop, ada)
        with pytest.raises(PaymentActionRequired):
            resume_after_authentication(actor=ada, order_number=number(ada), now=clock.now())
        assert Reservation.objects.get().status == "ACTIVE"

    def test_a_new_card_stays_when_it_was_asked_to(self, shop: Shop) -> None:
        bob = shop.customer()
        shop.fill(bob, {shop.product(): 1})
        ask = shop.request(payment=shop.raw_card("tok_3ds"), save_as_default=True)
        shop.sandbox.decide(reference=asked(shop, bob, request=ask), yes=True)
        resume_after_authentication(actor=bob, order_number=number(bob), now=clock.now())
        default = bob.payment_tokens.get(is_default=True)  # type: ignore[attr-defined]
        assert default.last4 == "3155"

    def test_strangers_find_nothing(self, shop: Shop, ada: User) -> None:
        asked(shop, ada)
        with pytest.raises(NotFound):
            resume_after_authentication(
                actor=shop.customer(), order_number=number(ada), now=clock.now()
            )


class TestGivingUp:
    def test_after_ten_minutes_everything_is_free_and_the_bank_is_told(
        self, shop: Shop, ada: User
    ) -> None:
        reference = asked(shop, ada)
        assert recover(now=clock.now() + dt.timedelta(minutes=9)) == 0
        later = clock.now() + dt.timedelta(minutes=11)
        assert recover(now=later) == 1
        perform_open_calls(now=later)
        assert not shop.sandbox.decide(reference=reference, yes=True), "nobody waits any more"
        payment = shop.payments(ada)[0]
        assert (payment.state, payment.failure) == ("FAILED", "not_confirmed")
        assert not payment.calls.exclude(state="REFUSED").exists()
        assert shop.taken() == 0
        assert balanced()
        assert cases() == 0

    def test_who_confirms_too_late_gets_the_money_back(self, shop: Shop, ada: User) -> None:
        reference = asked(shop, ada)
        later = clock.now() + dt.timedelta(minutes=11)
        recover(now=later)
        shop.sandbox.decide(reference=reference, yes=True)
        for _ in range(2):
            perform_open_calls(now=later)
        assert [payment.state for payment in shop.payments(ada)] == ["VOIDED"]
        assert not Order.objects.exists()
        assert balanced()

    def test_a_silent_provider_is_told_once_it_answers(self, shop: Shop, ada: User) -> None:
        reference = asked(shop, ada)
        later = clock.now() + dt.timedelta(minutes=11)
        recover(now=later)
        shop.sandbox.ledger.set_weather(mode="error")
        perform_open_calls(now=later)
        shop.sandbox.ledger.set_weather(mode="")
        perform_open_calls(now=later + dt.timedelta(minutes=1))
        assert not shop.sandbox.decide(reference=reference, yes=True)


class TestAnotherCard:
    def test_replaces_what_was_not_confirmed(self, shop: Shop, ada: User) -> None:
        reference = asked(shop, ada)
        card = shop.request(payment=shop.raw_card("tok_visa"))
        result = shop.confirm(ada, key="another", request=card)
        assert Order.objects.get().order_number == result.order_number
        perform_open_calls(now=clock.now())
        assert not shop.sandbox.decide(reference=reference, yes=True)
        assert [payment.state for payment in shop.payments(ada)] == ["FAILED", "AUTHORIZED"]
        assert balanced()

    def test_not_when_it_was_confirmed_after_all(self, shop: Shop, ada: User) -> None:
        shop.sandbox.decide(reference=asked(shop, ada), yes=True)
        with pytest.raises(CartAlreadyOrdered) as refused:
            shop.confirm(ada, key="another")
        assert refused.value.details == {"order_number": Order.objects.get().order_number}

    def test_not_while_the_provider_is_silent(self, shop: Shop, ada: User) -> None:
        asked(shop, ada)
        shop.sandbox.ledger.set_weather(mode="error")
        with pytest.raises(CartAlreadyOrdered) as refused:
            shop.confirm(ada, key="another")
        assert refused.value.details == {}
        assert Reservation.objects.get().status == "ACTIVE"


class TestPages:
    @pytest.fixture
    def desk(self, client: Client, ada: User) -> Client:
        client.force_login(ada)
        client.cookies["mami_language"] = "en"
        return client

    def bank(self, desk: Client, shop: Shop) -> str:
        """Place the order; the address of the bank's page."""
        response = desk.post(reverse("checkout:page"), form(desk, shop, notes="ripe"))
        assert response.status_code == 202
        html = response.content.decode()
        assert "Your bank asks you to confirm" in html
        return html.split("/sandbox/bank/")[1].split("/")[0]

    def test_to_the_bank_and_back_to_the_order(self, desk: Client, shop: Shop) -> None:
        url = f"/sandbox/bank/{self.bank(desk, shop)}/"
        assert "on the card ending in 3155" in desk.get(url).content.decode()
        response = desk.post(url, {"answer": "yes"})
        response = desk.get(response["Location"])
        assert response["Location"] == reverse(
            "orders:detail", args=[Order.objects.get().order_number]
        )
        assert "answered already" in desk.get(url).content.decode()

    def test_refused_comes_back_to_the_form_still_filled_in(self, desk: Client, shop: Shop) -> None:
        reference = self.bank(desk, shop)
        response = desk.post(f"/sandbox/bank/{reference}/", {"answer": "no"})
        response = desk.get(response["Location"], follow=True)
        html = response.content.decode()
        assert "the payment was not confirmed" in html
        assert 'value="ripe"' in html
        assert hidden(html, "expected_total")
        assert not Order.objects.exists()

    def test_back_without_an_answer_shows_the_way_again(
        self, desk: Client, shop: Shop, ada: User
    ) -> None:
        reference = self.bank(desk, shop)
        response = desk.get(BACK, {"order": number(ada)})
        assert response.status_code == 202
        assert reference in response.content.decode()
        html = desk.get(reverse("checkout:page")).content.decode()
        assert 'value="ripe"' in html, "another card: the form is still filled in"

    def test_a_silent_provider(self, desk: Client, shop: Shop, ada: User) -> None:
        self.bank(desk, shop)
        shop.sandbox.ledger.set_weather(mode="error")
        response = desk.get(BACK, {"order": number(ada)})
        assert response.status_code == 202
        assert "still thinking" in response.content.decode()

    def test_an_apps_customer_is_not_signed_in_here(
        self, client: Client, shop: Shop, ada: User
    ) -> None:
        asked(shop, ada)
        response = client.get(BACK, {"order": number(ada)}, HTTP_ACCEPT_LANGUAGE="en")
        assert response.status_code == 200
        assert "Go back to where you ordered" in response.content.decode()

    @pytest.mark.parametrize("order", ["", "MS-00000000", "\x00", "x" * 500])
    def test_orders_that_are_none(self, desk: Client, order: str) -> None:
        assert desk.get(BACK, {"order": order}).status_code in {400, 404}

    def test_the_test_bank_exists_only_with_the_sandbox(
        self, client: Client, shop: Shop, ada: User, settings
    ) -> None:
        reference = asked(shop, ada)
        assert client.get("/sandbox/bank/nobody/").status_code == 404
        settings.PAYMENT_PROVIDER = "stripe"
        assert client.get(f"/sandbox/bank/{reference}/").status_code == 404


def test_the_api_tells_where_to_confirm(api, shop: Shop, ada: User) -> None:
    body = {"fulfillment_type": "PICKUP", "branch_id": shop.branch.pk}

    def send():
        return api(ada).post("/checkout/confirm", body, headers={"Idempotency-Key": "k"})

    details = refusal(send(), 402, "PAYMENT_ACTION_REQUIRED")
    assert details["redirect_url"].endswith("/")
    assert refusal(send(), 402, "PAYMENT_ACTION_REQUIRED") == details
    reference = details["redirect_url"].rstrip("/").rpartition("/")[2]
    shop.sandbox.decide(reference=reference, yes=True)
    done = send()
    assert done.json()["data"]["total_paid"] == str(Decimal("20.00"))
    assert send().content == done.content
