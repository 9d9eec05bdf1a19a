"""Dates ordered through Stripe while nobody is there: what the bank may want, and what is left of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from core import clock
from notifications.models import Message
from orders.models import Order
from payments import providers
from payments.models import PaymentToken
from payments.providers.stripe import Stripe
from payments.tests.fake_stripe import FakeStripe, running
from standing import services
from standing.services.drafting import draft_due
from standing.tests.conftest import Weekly, set_up
from tests.shop import Shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bank(settings: Any) -> Iterator[tuple[FakeStripe, Stripe]]:
    with running() as there:
        settings.STRIPE_API_BASE = there.address
        settings.STRIPE_SECRET_KEY = "sk_test_of_the_tests"
        settings.PAYMENT_PROVIDER = "stripe"
        adapter = Stripe()
        with providers.using(adapter):
            yield there, adapter


def paid_with(card: str, shop: Shop, adapter: Stripe) -> Weekly:
    """Set up by somebody whose card was verified and kept when they were there."""
    ada = shop.customer(card=None)
    kept = adapter.verify(token=card, user_id=ada.pk, idempotency_key=f"{card}:verify", metadata={})
    PaymentToken.objects.create(
        user=ada, provider="stripe", token=kept.token, brand="visa", last4="4242", is_default=True
    )
    weekly = set_up(shop, ada=ada)
    draft_due(now=clock.now())
    return weekly


def intents(there: FakeStripe) -> list[dict[str, str]]:
    return [given for given, _answer in there.later.keys.values() if "amount" in given]


def test_a_kept_card_is_held_without_its_holder(shop, bank):
    there, adapter = bank
    weekly = paid_with("pm_visa", shop, adapter)
    services.place_due(now=weekly.due())
    assert weekly.one().state == "PLACED"
    [asked] = intents(there)
    assert (asked["off_session"], asked["capture_method"]) == ("true", "manual")
    assert asked["customer"].startswith("cus_")


def test_a_bank_that_wants_the_holder_fails_the_date_and_holds_nothing(shop, bank):
    there, adapter = bank
    weekly = paid_with("pm_later_3ds", shop, adapter)
    due = weekly.due()
    services.place_due(now=due)
    one = weekly.one()
    assert (one.state, one.reason) == ("DRAFT", "PAYMENT_ACTION_REQUIRED")
    assert Message.objects.filter(kind="standing_failed", user=weekly.ada).exists()
    assert shop.taken() == 0
    assert shop.stock(weekly.milk)[1] == 0
    services.place_due(now=due + dt.timedelta(hours=2))
    one = weekly.one()
    assert (one.state, one.reason) == ("NOT_PLACED", "PAYMENT_ACTION_REQUIRED")
    assert [asked["off_session"] for asked in intents(there)] == ["true", "true"]
    assert not [one for one in there.later.intents.values() if one["status"] != "canceled"]
    assert not Order.objects.exists()
