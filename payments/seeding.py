"""Saved sandbox cards of the demo customers."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.models import Role, User
from payments.models import PaymentToken

PROVIDER = "sandbox"
CARD = {"token": "tok_visa", "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2034}


def seed_cards(*, users: Iterable[User]) -> int:
    """Give each customer among `users` one saved card, the default; returns how many."""
    cards = [
        PaymentToken(user=user, provider=PROVIDER, is_default=True, **CARD)
        for user in users
        if user.role == Role.CUSTOMER
    ]
    return len(PaymentToken.objects.bulk_create(cards))
