"""Saved cards, and the card numbers that must never get in."""

from __future__ import annotations

import pytest

from accounts.models import User
from audit.models import AuditEntry
from core.errors import InvalidInput, NotFound
from payments import services
from payments.cards import CardToken, ChosenCard, is_card_number
from payments.errors import (
    CardNumberRefused,
    PaymentRequired,
    PaymentTokenNotFound,
    PaymentUnavailable,
)
from payments.models import PaymentToken
from payments.providers.sandbox import Sandbox
from payments.tests.conftest import raw

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "378282246310005",
        "\u200e4111 1111 1111 1111",
        "4111\u00a01111\u00a01111\u00a01111",
        "４１１１１１１１１１１１１１１１",
        "٤١١١١١١١١١١١١١١١",
    ],
)
def test_a_card_number_is_known_however_it_is_written(text):
    assert is_card_number(text)


@pytest.mark.parametrize("text", ["tok_visa", "4111111111111112", "411111", "", "5" * 20])
def test_what_is_no_card_number_is_left_alone(text):
    assert not is_card_number(text)


def test_a_card_number_is_refused_and_nothing_is_kept(ada: User, sandbox: Sandbox):
    for ask in (
        lambda: services.save_token(actor=ada, card=raw("4111 1111 1111 1111")),
        lambda: services.chosen_card(user_id=ada.pk, card=raw("4111111111111111")),
    ):
        with pytest.raises(CardNumberRefused) as refusal:
            ask()
        assert refusal.value.code == "CARD_NUMBER_REFUSED"
        assert refusal.value.status == 400
        assert "4111" not in repr(refusal.value) + str(refusal.value.details)
    assert not PaymentToken.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_saved_card_shows_its_face_and_the_first_is_the_default(ada: User, sandbox: Sandbox):
    first = services.save_token(actor=ada, card=raw("tok_visa"))
    second = services.save_token(actor=ada, card=raw("tok_mastercard"))
    assert (first.brand, first.last4, first.exp_month) == ("visa", "4242", 12)
    assert services.tokens_of(user_id=ada.pk) == [first, second]
    assert services.tokens_of(user_id=ada.pk)[0] == first


def test_the_same_card_again_is_one_card(ada: User, sandbox: Sandbox):
    first = services.save_token(actor=ada, card=raw("tok_visa"))
    again = services.save_token(actor=ada, card=raw("tok_visa"), make_default=True)
    assert again.pk == first.pk
    assert PaymentToken.objects.count() == 1


def test_a_new_default_takes_the_place_of_the_old_one(ada: User, sandbox: Sandbox):
    services.save_token(actor=ada, card=raw("tok_visa"))
    second = services.save_token(actor=ada, card=raw("tok_mastercard"), make_default=True)
    assert services.tokens_of(user_id=ada.pk)[0] == second
    assert PaymentToken.objects.filter(is_default=True).count() == 1


def test_when_the_default_goes_another_takes_its_place(ada: User, sandbox: Sandbox):
    first = services.save_token(actor=ada, card=raw("tok_visa"))
    second = services.save_token(actor=ada, card=raw("tok_mastercard"))
    services.delete_token(actor=ada, token_id=first.pk)
    assert services.tokens_of(user_id=ada.pk)[0] == second


def test_the_trail_tells_of_cards_and_never_of_tokens(ada: User, sandbox: Sandbox):
    token = services.save_token(actor=ada, card=raw("tok_visa"))
    other = services.save_token(actor=ada, card=raw("tok_mastercard"))
    services.set_default_token(actor=ada, token_id=other.pk)
    services.delete_token(actor=ada, token_id=token.pk)
    rows = AuditEntry.objects.filter(entity_type="payment_token").order_by("id")
    assert [row.action for row in rows] == [
        "CREATE", "SET_DEFAULT", "CREATE", "SET_DEFAULT", "DELETE",
    ]  # fmt: skip
    told = str(list(rows.values()))
    assert "tok_" not in told
    assert "4242" not in told


@pytest.mark.parametrize("change", [services.set_default_token, services.delete_token])
def test_a_strangers_card_does_not_exist(change, ada: User, mia: User, sandbox: Sandbox):
    token = services.save_token(actor=ada, card=raw("tok_visa"))
    with pytest.raises(NotFound):
        change(actor=mia, token_id=token.pk)
    token.refresh_from_db()
    assert token.is_default


def test_an_unknown_token_or_provider_is_a_form_error(ada: User, sandbox: Sandbox):
    for card, field in (
        (raw("tok_unheard_of"), "token"),
        (raw(""), "token"),
        (raw("x" * 201), "token"),
        (raw("tok_\x00visa"), "token"),
        (raw("cus_1|pm_1"), "token"),
        (raw("tok_visa", provider="stripe"), "provider"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            services.save_token(actor=ada, card=card)
        assert list(refusal.value.details["fields"]) == [field]
    assert not PaymentToken.objects.exists()


def test_saving_a_card_while_the_provider_is_down(ada: User, sandbox: Sandbox):
    sandbox.ledger.set_weather(mode="down")
    with pytest.raises(PaymentUnavailable):
        services.save_token(actor=ada, card=raw("tok_visa"))


class TestChosenCard:
    def test_a_saved_card_by_its_id(self, ada, sandbox, django_assert_num_queries):
        token = services.save_token(actor=ada, card=raw("tok_mastercard"))
        with django_assert_num_queries(1):
            found = services.chosen_card(user_id=ada.pk, payment_token_id=token.pk)
        assert found == ChosenCard(
            provider="sandbox", token="tok_mastercard", saved_id=token.pk, brand="mastercard",
            last4="4444",
        )  # fmt: skip

    def test_the_default_when_none_is_named(self, ada, sandbox):
        token = services.save_token(actor=ada, card=raw("tok_visa"))
        assert services.chosen_card(user_id=ada.pk).saved_id == token.pk

    def test_no_card_at_all(self, ada):
        with pytest.raises(PaymentRequired) as refusal:
            services.chosen_card(user_id=ada.pk)
        assert (refusal.value.code, refusal.value.status) == ("PAYMENT_REQUIRED", 400)

    def test_a_strangers_or_unknown_card(self, ada, mia, sandbox):
        token = services.save_token(actor=ada, card=raw("tok_visa"))
        for key in (token.pk, 10**12):
            with pytest.raises(PaymentTokenNotFound) as refusal:
                services.chosen_card(user_id=mia.pk, payment_token_id=key)
            assert refusal.value.status == 404

    def test_a_card_of_another_provider_pays_nothing(self, ada, sandbox, settings):
        token = services.save_token(actor=ada, card=raw("tok_visa"))
        settings.PAYMENT_PROVIDER = "stripe"
        with pytest.raises(PaymentTokenNotFound):
            services.chosen_card(user_id=ada.pk, payment_token_id=token.pk)
        with pytest.raises(InvalidInput):
            services.chosen_card(user_id=ada.pk, card=raw("tok_visa"))
        assert services.tokens_of(user_id=ada.pk) == []


def test_no_repr_shows_a_token(ada, sandbox):
    shown = [repr(CardToken(provider="sandbox", token="tok_visa"))]
    shown.append(repr(services.chosen_card(user_id=ada.pk, card=raw("tok_visa"), keep=True)))
    shown.append(repr(services.save_token(actor=ada, card=raw("tok_visa"))))
    assert "tok_visa" not in "".join(shown)
