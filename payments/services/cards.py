"""Saved cards: the provider's token, what may be shown of the card, and which one is the default."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import structlog
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from audit import services as audit
from core.errors import InvalidInput, NotFound
from core.transactions import write_transaction
from payments.cards import CardToken, ChosenCard, is_card_number
from payments.errors import (
    CardNumberRefused,
    PaymentRequired,
    PaymentTokenNotFound,
    PaymentUnavailable,
)
from payments.locks import lock_cards
from payments.models import Payment, PaymentToken
from payments.payment_results import Outcome
from payments.provider import KeptCard, ProviderFailure, ProviderRefused
from payments.providers import active_name, provider
from payments.services.holding import assert_no_transaction

log = structlog.get_logger(__name__)

# What people hand in. A kept card's own form (`cus_…|pm_…`) is not among it: that card may be
# somebody else's.
TOKEN = re.compile(r"[A-Za-z0-9_-]+")
TOKEN_LENGTH = 200


def chosen_card(
    *,
    user_id: int,
    payment_token_id: int | None = None,
    card: CardToken | None = None,
    keep: bool = False,
) -> ChosenCard:
    """The card an order will be paid with: a saved one, the given one, else the default. One query.

    `keep` asks for a given card to be kept for later. Raises PaymentTokenNotFound (unknown, foreign
    or of another provider), CardNumberRefused, InvalidInput, and PaymentRequired when there is none.
    """
    if payment_token_id is None and card is not None:
        check_token(card)
        return ChosenCard(provider=card.provider, token=card.token, keep=keep)
    given = {"is_default": True} if payment_token_id is None else {"pk": payment_token_id}
    saved = PaymentToken.objects.filter(user_id=user_id, provider=active_name(), **given)
    found = next(iter(saved.order_by()[:1]), None)  # there is one at most
    if found is None:
        raise PaymentRequired if payment_token_id is None else PaymentTokenNotFound
    return ChosenCard(
        provider=found.provider,
        token=found.token,
        saved_id=found.pk,
        brand=found.brand,
        last4=found.last4,
    )


def check_token(card: CardToken) -> None:
    """Raises CardNumberRefused for a card number, InvalidInput for a token that cannot be one."""
    if is_card_number(card.token):
        raise CardNumberRefused
    fields: dict[str, list[Any]] = {}
    if card.provider != active_name():
        fields["provider"] = [_("This shop does not take payments through that provider.")]
    if len(card.token) > TOKEN_LENGTH or not TOKEN.fullmatch(card.token):
        fields["token"] = [_("This is not a card token.")]
    if fields:
        raise InvalidInput(fields=fields)


def tokens_of(*, user_id: int) -> list[PaymentToken]:
    """The person's usable cards, the default first. One query."""
    return list(PaymentToken.objects.filter(user_id=user_id, provider=active_name()))


def save_token(*, actor: User, card: CardToken, make_default: bool = False) -> PaymentToken:
    """Keep a card for `actor`; the first one becomes the default. The same card again is one card.

    Asks the provider, so no transaction may be open. Raises CardNumberRefused, InvalidInput for a
    token the provider does not know, PaymentUnavailable when it does not answer.
    """
    check_token(card)
    assert_no_transaction()
    try:
        kept = provider(card.provider).keep(token=card.token, user_id=actor.pk)
    except ProviderRefused:
        raise InvalidInput(fields={"token": [_("This is not a card token.")]}) from None
    except ProviderFailure:
        raise PaymentUnavailable from None
    with write_transaction():
        return store_kept(actor=actor, name=card.provider, kept=kept, make_default=make_default)


def remember_card(
    *, actor: User, payment_id: int, outcome: Outcome, make_default: bool = True
) -> PaymentToken | None:
    """Save the card a payment was made with, in the caller's transaction; nothing is asked.

    None when the card was not asked to stay (`chosen_card(keep=True)`).
    """
    if outcome.kept is None:
        return None
    name = Payment.objects.values_list("provider", flat=True).get(pk=payment_id)
    return store_kept(actor=actor, name=name, kept=outcome.kept, make_default=make_default)


def set_default_token(*, actor: User, token_id: int) -> PaymentToken:
    """Make one of the actor's cards the default. Raises NotFound."""
    with write_transaction():
        lock_cards(user_id=actor.pk)
        token = _own(actor, token_id)
        _make_default(actor, token)
    return token


def delete_token(*, actor: User, token_id: int) -> None:
    """Forget one of the actor's cards, also at the provider; the newest other one becomes the default.

    Raises NotFound.
    """
    with write_transaction():
        lock_cards(user_id=actor.pk)
        token = _own(actor, token_id)
        was_default, key = token.is_default, token.pk
        transaction.on_commit(partial(_forget, token.provider, token.token), robust=True)
        token.delete()
        _record(actor, key, audit.Action.DELETE, old={"is_default": was_default})
        if was_default:
            heir = PaymentToken.objects.filter(user=actor, provider=active_name()).last()
            if heir is not None:
                _make_default(actor, heir)


def store_kept(*, actor: User, name: str, kept: KeptCard, make_default: bool) -> PaymentToken:
    """Write a card that the provider keeps, in the caller's transaction."""
    lock_cards(user_id=actor.pk)
    token, created = PaymentToken.objects.update_or_create(
        user=actor,
        provider=name,
        token=kept.token,
        defaults={
            "brand": kept.card.brand,
            "last4": kept.card.last4,
            "exp_month": kept.card.exp_month,
            "exp_year": kept.card.exp_year,
        },
    )
    if created:
        _record(actor, token.pk, audit.Action.CREATE, new={"provider": name})
    has_default = PaymentToken.objects.filter(user=actor, is_default=True).exists()
    if make_default or not has_default:
        _make_default(actor, token)
    return token


def _forget(name: str, token: str) -> None:
    """Let the provider forget the card too; when it cannot be asked, the card is ours no more anyway."""
    try:
        provider(name).forget(token=token)
    except (ProviderFailure, ProviderRefused) as failure:
        log.warning("card_not_forgotten", provider=name, what=str(failure))


def _own(actor: User, token_id: int) -> PaymentToken:
    found = PaymentToken.objects.filter(pk=token_id, user=actor).first()
    if found is None:
        raise NotFound
    return found


def _make_default(actor: User, token: PaymentToken) -> None:
    if token.is_default:
        return
    PaymentToken.objects.filter(user=actor, is_default=True).update(is_default=False)
    token.is_default = True
    token.save(update_fields=["is_default"])
    _record(actor, token.pk, audit.Action.SET_DEFAULT, new={"is_default": True})


def _record(actor: User, token_id: int, action: audit.Action, **values: dict[str, Any]) -> None:
    audit.record(
        actor=actor, entity_type="payment_token", entity_id=token_id, action=action, **values
    )
