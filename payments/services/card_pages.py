"""Adding a card on the provider's own page: its number is typed there and never reaches us."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings

from accounts.models import User
from core.errors import NotFound
from core.transactions import write_transaction
from payments.errors import PaymentUnavailable
from payments.models import PaymentToken
from payments.provider import ProviderFailure, ProviderRefused
from payments.providers import active_name, provider
from payments.services.cards import store_kept
from payments.services.holding import assert_no_transaction

PATH = "/account/cards/added/"
PLACE = "{CHECKOUT_SESSION_ID}"


def has_card_page() -> bool:
    """Whether the active provider has a page of its own for cards; the sandbox deals test cards."""
    return active_name() == "stripe"


def begin_card(*, actor: User, then: str = "") -> str:
    """The address of the provider's page, from which the customer comes back to `finish_card`.

    `then` says where to go afterwards ("checkout", else the list of cards). Asks the provider, so
    no transaction may be open. Raises NotFound where there is no such page, PaymentUnavailable.
    """
    if not has_card_page():
        raise NotFound
    assert_no_transaction()
    more = {"then": then} if then else {}
    home = f"{settings.SITE_URL}{PATH}"
    try:
        return provider(active_name()).begin_card(
            user_id=actor.pk,
            # Stripe writes the name of the session in the place of the braces.
            return_url=f"{home}?session={PLACE}{'&' if more else ''}{urlencode(more)}",
            cancel_url=f"{home}?{urlencode(more)}",
        )
    except ProviderFailure:
        raise PaymentUnavailable from None


def finish_card(*, actor: User, session: str) -> PaymentToken:
    """Save the card that was added on the provider's page; the same session again is the same card.

    It becomes the default: whoever just added it means to pay with it. Raises NotFound for a session
    that is unknown, not finished, or somebody else's, and PaymentUnavailable.
    """
    if not has_card_page() or not session.isascii() or not 0 < len(session) <= 200:
        raise NotFound
    assert_no_transaction()
    try:
        kept = provider(active_name()).finish_card(user_id=actor.pk, session=session)
    except ProviderRefused:
        raise NotFound from None
    except ProviderFailure:
        raise PaymentUnavailable from None
    with write_transaction():
        return store_kept(actor=actor, name=active_name(), kept=kept, make_default=True)
