"""A new card with Stripe: typed on Stripe's page, kept as a token, default from then on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import stripe
from django.test import Client

from accounts.models import User
from audit.models import AuditEntry
from payments import providers
from payments.models import PaymentToken
from payments.providers.stripe import Stripe
from payments.tests.fake_stripe import FakeStripe, running
from tests.html import one_line
from tests.shop import Shop, open_shop

CARDS, ADDED = "/account/cards/", "/account/cards/added/"


@pytest.fixture(scope="module")
def server() -> Iterator[FakeStripe]:
    with running() as fake:
        yield fake


@pytest.fixture
def fake(server: FakeStripe, settings) -> Iterator[FakeStripe]:
    settings.STRIPE_API_BASE = server.address
    settings.STRIPE_SECRET_KEY = "sk_test_of_the_tests"
    settings.PAYMENT_PROVIDER = "stripe"
    with providers.using(Stripe(http_client=stripe.RequestsClient(timeout=5))):
        yield server
    server.down = False


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def ada(shop: Shop, client: Client) -> User:
    user = shop.customer(card=None)
    client.force_login(user)
    client.cookies["mami_language"] = "en"
    return user


def page_of(client: Client, path: str = f"{CARDS}add/", **typed: str) -> str:
    """Ask for the provider's page; its address."""
    html = client.post(path, typed).content.decode()
    found = re.search(r'href="(http://127[^"]*/pay/[^"]*)"', html)
    assert found, html
    return found[1]


def come_back(client: Client, url: str):
    parts = urlsplit(url)
    return client.get(f"{parts.path}?{parts.query}")


def test_a_card_typed_there_is_kept_here_as_a_token(client, ada, fake):
    back = fake.type_card(page_of(client), "4242424242424242")
    assert come_back(client, back)["Location"] == CARDS
    card = PaymentToken.objects.get()
    assert (card.user, card.provider, card.is_default) == (ada, "stripe", True)
    assert (card.brand, card.last4, card.exp_month, card.exp_year) == ("visa", "4242", 7, 2031)
    assert re.fullmatch(r"cus_\d+\|pm_\d+", card.token)
    trail = AuditEntry.objects.filter(entity_type="payment_token").values_list(
        "new_value", "context"
    )
    assert trail
    assert card.token not in str(list(trail))
    assert "4242" in client.get(CARDS).content.decode()


def test_coming_back_twice_is_one_card(client, ada, fake):
    back = fake.type_card(page_of(client), "5555555555554444")
    for _ in range(2):
        come_back(client, back)
    assert PaymentToken.objects.count() == 1


def test_from_the_checkout_and_back_to_the_form_as_it_was(client, shop, ada, fake):
    shop.fill(ada, {shop.product(): 1})
    assert "Pay with another card" in client.get("/checkout/").content.decode()
    url = page_of(client, "/checkout/card/", notes="ripe, please")
    response = come_back(client, fake.type_card(url, "4242424242424242"))
    assert response["Location"] == "/checkout/"
    html = one_line(client.get("/checkout/"))
    assert 'value="ripe, please"' in html
    assert f'value="saved:{PaymentToken.objects.get().pk}" checked' in html


def test_with_a_script_the_browser_is_sent_there_at_once(client, ada, fake):
    response = client.post(f"{CARDS}add/", HTTP_HX_REQUEST="true")
    assert response["HX-Redirect"] in [session["url"] for session in fake.sessions.values()]


def test_whoever_gives_up_there_has_no_card(client, ada, fake):
    page_of(client)
    assert client.get(ADDED)["Location"] == CARDS
    (session, *_older) = reversed(fake.sessions)
    assert client.get(ADDED, {"session": session}).status_code == 404, "nothing was typed"
    assert not PaymentToken.objects.exists()


def test_somebody_elses_session_is_not_found(client, shop, ada, fake):
    back = fake.type_card(page_of(client), "4242424242424242")
    client.force_login(shop.customer(card=None))
    assert come_back(client, back).status_code == 404
    assert not PaymentToken.objects.exists()


@pytest.mark.parametrize("session", ["cs_unknown", "x" * 300, "״", "../customers"])
def test_sessions_that_are_none(client, ada, fake, session):
    assert client.get(ADDED, {"session": session}).status_code == 404


def test_a_provider_that_is_down_is_told(client, ada, fake):
    fake.down = True
    html = client.post(f"{CARDS}add/", follow=True).content.decode()
    assert "Card payment cannot be reached right now" in html


def test_the_sandbox_has_no_such_page(client, ada):
    assert client.post(f"{CARDS}add/").status_code == 404
    assert client.get(ADDED, {"session": "cs_test_1"}).status_code == 404
    assert "company's page" not in client.get(CARDS).content.decode()
