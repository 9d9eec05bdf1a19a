"""The Stripe adapter against a stateful fake of Stripe, from the hold to the refund."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
import requests
import stripe
from django.db import transaction

from accounts.models import User
from accounts.tests.factories import person
from checkout.services import recover, resume_after_authentication
from core import clock
from notifications.tests.gateway import fake_gateway
from orders.models import Order
from payments import providers, services
from payments.cards import CardToken
from payments.errors import PaymentActionRequired, PaymentDeclined
from payments.models import Payment, ProviderCall, ProviderEvent, ReconciliationCase
from payments.payment_results import Verdict
from payments.provider import (
    ActionRequired,
    Declined,
    HoldStatus,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnreachable,
)
from payments.providers.stripe import Stripe
from payments.tests import localstripe
from tests.shop import Shop, open_shop

pytestmark = pytest.mark.slow
HUNDRED = Decimal("100.00")


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    with localstripe.running(tmp_path_factory.mktemp("localstripe")) as found:
        yield found


@pytest.fixture
def wire(address) -> localstripe.Dialect:
    client = localstripe.Dialect(timeout=5)
    client.address = address
    return client


@pytest.fixture
def adapter(address, wire, settings) -> Iterator[Stripe]:
    settings.STRIPE_API_BASE = address
    settings.STRIPE_SECRET_KEY = localstripe.SECRET_KEY
    settings.PAYMENT_PROVIDER = "stripe"
    found = Stripe(http_client=wire)
    with providers.using(found):
        yield found


def hold(adapter: Stripe, address: str, *, key: str, number: str = "4242424242424242", **more):
    token = more.pop("token", None) or localstripe.payment_method(address, number)
    return adapter.authorize(
        amount=HUNDRED, token=token, idempotency_key=key, metadata={"order_number": "MS-1"}, **more
    )


def look(adapter: Stripe, key: str, reference: str = ""):
    return adapter.find(idempotency_key=key, reference=reference, since=clock.now())


def test_money_is_held_and_found_by_key_and_by_reference(adapter, address):
    held = hold(adapter, address, key="held")
    assert (held.card.brand, held.card.last4, held.amount) == ("visa", "4242", HUNDRED)
    for found in (look(adapter, "held"), look(adapter, "held", held.reference)):
        assert (found.reference, found.status) == (held.reference, HoldStatus.HELD)
        assert (found.authorized, found.captured) == (HUNDRED, 0)
    assert look(adapter, "never asked") is None


@pytest.mark.parametrize("number", ["4000000000000341"])
def test_a_declined_card(adapter, address, number):
    with pytest.raises(Declined) as decline:
        hold(adapter, address, key=f"declined {number}", number=number)
    assert decline.value.reason


def test_a_card_that_asks_for_its_holder(adapter, address):
    with pytest.raises(ActionRequired) as action:
        hold(adapter, address, key="3ds", number="4000002500003155")
    assert action.value.reference.startswith("pi_")
    assert look(adapter, "3ds").status is HoldStatus.ACTION_REQUIRED


def test_part_of_the_hold_is_taken_and_part_of_that_given_back(adapter, address):
    reference = hold(adapter, address, key="taken").reference
    adapter.capture(reference=reference, amount=Decimal("80.10"), idempotency_key="c")
    found = look(adapter, "taken", reference)
    assert (found.status, found.captured) == (HoldStatus.CAPTURED, Decimal("80.10"))
    adapter.refund(reference=reference, amount=Decimal("30.00"), idempotency_key="r")
    assert look(adapter, "taken", reference).refunds["r"] == Decimal("30.00")


def test_more_than_was_held_is_refused(adapter, address):
    reference = hold(adapter, address, key="greedy").reference
    with pytest.raises(ProviderRefused):
        adapter.capture(reference=reference, amount=Decimal("100.01"), idempotency_key="c")
    assert look(adapter, "greedy", reference).status is HoldStatus.HELD


def test_the_hold_is_let_go_once(adapter, address):
    reference = hold(adapter, address, key="void").reference
    adapter.void(reference=reference, idempotency_key="v")
    assert look(adapter, "void", reference).status is HoldStatus.VOIDED
    with pytest.raises(ProviderRefused):
        adapter.void(reference=reference, idempotency_key="v2")


def test_an_unknown_reference_is_refused(adapter):
    with pytest.raises(ProviderRefused):
        adapter.void(reference="pi_of_nobody", idempotency_key="v")


def test_a_kept_card_pays_again(adapter, address):
    kept = adapter.keep(token=localstripe.payment_method(address), user_id=7)
    assert kept.token.startswith("cus_")
    assert kept.card.last4 == "4242"
    held = hold(adapter, address, key="kept", token=kept.token)
    assert held.card.last4 == "4242"
    adapter.forget(token=kept.token)


def test_a_token_of_another_kind_is_refused_unasked(adapter, wire):
    with pytest.raises(ProviderRefused):
        adapter.keep(token="tok_visa", user_id=7)
    assert wire.sent == []


class TestTrouble:
    """Each way of failing says whether something may have happened."""

    def test_nobody_listens(self, settings):
        settings.STRIPE_API_BASE = "http://127.0.0.1:1"
        settings.STRIPE_SECRET_KEY = localstripe.SECRET_KEY
        with pytest.raises(ProviderUnreachable):
            look(Stripe(), "x")

    def test_the_answer_is_lost(self, adapter, address, wire):
        token = localstripe.payment_method(address)
        wire.lose_answers = 1
        with pytest.raises(ProviderTimeout):
            hold(adapter, address, key="lost", token=token)
        assert look(adapter, "lost").status is HoldStatus.HELD

    def test_our_key_is_refused(self, adapter, address, settings, wire):
        settings.STRIPE_SECRET_KEY = "bad"
        with pytest.raises(ProviderUnreachable):
            look(Stripe(http_client=wire), "x")

    def test_it_is_led_nowhere_else(self, settings):
        """Whoever can answer in the bank's name gets no second request with our key."""
        with fake_gateway() as elsewhere, fake_gateway() as led:
            led.answers = [(307, {"Location": elsewhere.url})]
            settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = led.url, "sk_of_nobody"
            with pytest.raises(ProviderTimeout):
                Stripe().void(reference="pi_1", idempotency_key="v")
            assert len(led.asked) == 1
            assert elsewhere.asked == []

    @pytest.mark.parametrize(
        ("status", "body", "expected"),
        [
            (500, b'{"error": {"message": "x"}}', ProviderTimeout),
            (200, b"garbage", ProviderTimeout),
            (429, b'{"error": {"message": "slow down"}}', ProviderUnreachable),
            (
                409,
                (
                    b'{"error": {"type": "invalid_request_error", "message": "x",'
                    b' "code": "idempotency_key_in_use"}}'
                ),
                ProviderTimeout,
            ),
            (
                400,
                b'{"error": {"type": "idempotency_error", "message": "x"}}',
                ProviderRefused,
            ),
            (
                402,
                (
                    b'{"error": {"type": "card_error", "code": "card_declined", "message": "x",'
                    b' "decline_code": "insufficient_funds"}}'
                ),
                Declined,
            ),
        ],
    )
    def test_answers(self, settings, status, body, expected):
        settings.STRIPE_SECRET_KEY = localstripe.SECRET_KEY

        class Saying(stripe.RequestsClient):
            def request(self, *args, **kwargs):
                return body, status, {}

        with pytest.raises(expected) as failure:
            Stripe(http_client=Saying()).void(reference="pi_1", idempotency_key="v")
        if expected is Declined:
            assert failure.value.reason == "insufficient_funds"


@pytest.mark.django_db
class TestThroughTheShop:
    """The whole life of a payment, with the services of the shop over the real SDK."""

    @pytest.fixture
    def ada(self) -> User:
        return person(email="ada@stripe.test", full_name="Ada", language="he")

    @pytest.fixture
    def open_one(self, ada, adapter, address):
        def go(number: str, **more) -> services.PaymentHandle:
            token = localstripe.payment_method(address)
            card = services.chosen_card(
                user_id=ada.pk, card=CardToken(provider="stripe", token=token), **more
            )
            return services.open_payment(
                user_id=ada.pk, order_number=number, amount=HUNDRED, card=card, now=clock.now()
            )

        return go

    def test_from_hold_to_refund(self, open_one, address):
        handle = open_one("MS-STRIPE01")
        outcome = services.authorise(payment=handle, metadata={})
        assert services.record_authorised(payment_id=handle.id, outcome=outcome)
        services.request_capture(
            payment_id=handle.id, amount=Decimal("70.50"), actor=None, now=clock.now()
        )
        services.perform_open_calls(now=clock.now())
        services.request_refund(
            payment_id=handle.id, amount=Decimal("20"), reason="bruised", actor=None, key="k",
            now=clock.now(),
        )  # fmt: skip
        services.perform_open_calls(now=clock.now())
        payment = Payment.objects.get(pk=handle.id)
        assert (payment.state, payment.captured, payment.refunded) == (
            "PARTIALLY_REFUNDED", Decimal("70.50"), Decimal(20),
        )  # fmt: skip

    @pytest.mark.parametrize("kind", ["CAPTURE", "VOID", "REFUND"])
    def test_a_lost_answer_never_does_it_twice(self, open_one, wire, address, adapter, kind):
        """The fake forgets idempotency keys, so only our own look before the repeat can help."""
        handle = open_one(f"MS-{kind}")
        outcome = services.authorise(payment=handle, metadata={})
        services.record_authorised(payment_id=handle.id, outcome=outcome)
        now = clock.now()
        if kind == "VOID":
            services.request_void(payment_id=handle.id, actor=None, now=now)
        else:
            services.request_capture(payment_id=handle.id, amount=HUNDRED, actor=None, now=now)
        if kind == "REFUND":
            services.perform_open_calls(now=now)
            services.request_refund(
                payment_id=handle.id, amount=Decimal(10), reason="x", actor=None, key="k", now=now
            )
        wire.lose_answers = 1
        services.perform_open_calls(now=now)
        call = ProviderCall.objects.get(payment_id=handle.id, kind=kind)
        assert (call.state, call.attempts) == ("UNANSWERED", 1)
        services.perform_open_calls(now=call.next_attempt_at)
        call.refresh_from_db()
        assert call.state == "SUCCEEDED"
        found = requests.get(
            f"{address}/v1/refunds?payment_intent={outcome.reference}",
            auth=(localstripe.SECRET_KEY, ""),
            timeout=5,
        ).json()["data"]
        assert len(found) == (1 if kind == "REFUND" else 0)

    def test_a_lost_authorisation_is_found(self, open_one, wire):
        handle = open_one("MS-LOSTHOLD")
        wire.lose_answers = 1
        assert services.authorise(payment=handle, metadata={}).verdict is Verdict.UNKNOWN
        found = services.ask(payment_id=handle.id, now=clock.now())
        assert found.is_authorized
        assert services.record_authorised(payment_id=handle.id, outcome=found)

    def test_a_card_kept_with_the_order_pays_the_next(self, open_one, ada):
        handle = open_one("MS-KEEP", keep=True)
        outcome = services.authorise(payment=handle, metadata={})
        assert outcome.kept.token.startswith("cus_")
        services.record_authorised(payment_id=handle.id, outcome=outcome)
        services.remember_card(actor=ada, payment_id=handle.id, outcome=outcome)
        assert services.chosen_card(user_id=ada.pk).last4 == "4242"


@pytest.mark.django_db
class TestTheBankAsks:
    """From the basket to the order with a card whose bank wants a confirmation."""

    @pytest.fixture
    def shop(self, adapter) -> Shop:
        return open_shop()

    def asked(self, shop: Shop, address: str, **more: object) -> tuple[User, str]:
        ada = shop.customer(card=None)
        shop.fill(ada, {shop.product(): 2})
        token = localstripe.payment_method(address, "4000002500003155")
        request = shop.request(payment=CardToken(provider="stripe", token=token), **more)
        with pytest.raises(PaymentActionRequired):
            shop.confirm(ada, request=request)
        return ada, Payment.objects.get(user=ada).provider_reference

    def back(self, ada: User) -> str:
        number = Payment.objects.get(user=ada).order_number
        return resume_after_authentication(actor=ada, order_number=number, now=clock.now())

    def test_confirmed(self, shop, address):
        ada, reference = self.asked(shop, address)
        with pytest.raises(PaymentActionRequired):
            self.back(ada)
        localstripe.authenticate(address, reference, success=True)
        assert Order.objects.get(order_number=self.back(ada)).payment.state == "AUTHORIZED"
        assert not ReconciliationCase.objects.exists()

    def test_the_card_stays_when_it_was_asked_to(self, shop, address):
        ada, reference = self.asked(shop, address, save_as_default=True)
        localstripe.authenticate(address, reference, success=True)
        self.back(ada)
        assert services.chosen_card(user_id=ada.pk).last4 == "3155"

    def test_refused(self, shop, address):
        ada, reference = self.asked(shop, address)
        localstripe.authenticate(address, reference, success=False)
        with pytest.raises(PaymentDeclined):
            self.back(ada)
        assert shop.taken() == 0

    def test_never_answered(self, shop, address, adapter):
        _ada, reference = self.asked(shop, address)
        later = clock.now() + dt.timedelta(minutes=11)
        assert recover(now=later) == 1
        services.perform_open_calls(now=later)
        assert look(adapter, "", reference).status is HoldStatus.VOIDED
        assert shop.taken() == 0


@pytest.mark.django_db(transaction=True)
class TestNews:
    """Signed events from Stripe's stand-in, over HTTP, through the real door."""

    @pytest.fixture
    def door(self, live_server, address, settings) -> None:
        settings.STRIPE_WEBHOOK_SECRET = "whsec_of_the_tests"
        localstripe.send_news_to(
            address,
            f"{live_server.url}/api/v1/payments/webhooks/stripe/",
            settings.STRIPE_WEBHOOK_SECRET,
        )

    def test_money_taken_elsewhere_becomes_known(self, door, adapter, address):
        ada = person(email="ada@news.test", full_name="Ada", language="he")
        token = localstripe.payment_method(address)
        card = services.chosen_card(user_id=ada.pk, card=CardToken(provider="stripe", token=token))
        with transaction.atomic():
            handle = services.open_payment(
                user_id=ada.pk, order_number="MS-NEWS", amount=HUNDRED, card=card, now=clock.now()
            )
        outcome = services.authorise(payment=handle, metadata={})
        with transaction.atomic():
            services.record_authorised(payment_id=handle.id, outcome=outcome)
        adapter.capture(
            reference=outcome.reference, amount=Decimal("40.00"), idempotency_key="by hand"
        )
        news = ProviderEvent.objects.filter(
            kind="payment_intent.succeeded", reference=outcome.reference
        )
        wait_for(news.exists)
        services.handle_events(now=clock.now())
        payment = Payment.objects.get(pk=handle.id)
        assert (payment.state, payment.captured) == ("CAPTURED", Decimal("40.00"))
        assert ReconciliationCase.objects.get().kind == "CAPTURED_ELSEWHERE"


def wait_for(happened: Callable[[], bool]) -> None:
    """localstripe posts from its own process; nothing tells us when."""
    until = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < until, "no news came"
        time.sleep(0.05)
