"""The saved cards page."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from payments.models import PaymentToken
from tests.shop import Shop, open_with_sandbox


@pytest.fixture
def shop(db):
    with open_with_sandbox() as opened:
        yield opened


@pytest.fixture
def reader(client: Client) -> Client:
    client.cookies["mami_language"] = "en"
    return client


CARDS = "/account/cards/"


def test_add_make_default_delete(reader, shop: Shop):
    ada = shop.customer()
    reader.force_login(ada)
    assert reader.post(CARDS, {"token": "tok_mastercard"})["Location"] == CARDS
    added = PaymentToken.objects.get(user=ada, is_default=False)
    html = reader.get(CARDS).content.decode()
    assert "···· 4242" in html
    assert f"···· {added.last4}" in html
    assert "tok_mastercard" not in html.split("<form")[0]
    reader.post(reverse("payments:card_default", args=[added.pk]))
    added.refresh_from_db()
    assert added.is_default
    reader.post(reverse("payments:card_delete", args=[added.pk]))
    assert PaymentToken.objects.get(user=ada).is_default


@pytest.mark.parametrize("token", ["4242 4242 4242 4242", "", "x" * 300, "tok_none", "\x00"])
def test_card_numbers_and_nonsense_are_refused_and_never_shown_back(reader, shop: Shop, token):
    ada = shop.customer(card=None)
    reader.force_login(ada)
    response = reader.post(CARDS, {"token": token})
    assert response.status_code == 422
    assert "4242 4242" not in response.content.decode()
    assert not PaymentToken.objects.filter(user=ada).exists()


def test_strangers_get_404(reader, shop: Shop):
    theirs = shop.customer().payment_tokens.get().pk
    reader.force_login(shop.customer())
    for name in ("card_delete", "card_default"):
        assert reader.post(reverse(f"payments:{name}", args=[theirs])).status_code == 404
    assert PaymentToken.objects.filter(pk=theirs).exists()
