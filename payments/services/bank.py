"""The bank of the sandbox: what a real provider's own page does, for shops without one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal

from core.errors import NotFound
from core.money import HUNDRED, shekels
from payments.providers import active_name
from payments.providers.sandbox import Sandbox


@dataclass(frozen=True, kw_only=True)
class Question:
    """What the cardholder is asked; `is_open` until they (or the shop) have decided."""

    reference: str
    order_number: str
    amount: Decimal
    last4: str
    is_open: bool


def question(*, reference: str) -> Question:
    """Raises NotFound for an unknown reference, and where the sandbox is not the provider."""
    if active_name() != Sandbox.name:
        raise NotFound
    ledger = Sandbox().ledger
    waiting = ledger.challenge(reference=reference)
    row = waiting or ledger.hold(reference=reference)
    if row is None:
        raise NotFound
    return Question(
        reference=reference,
        order_number=str(json.loads(row["metadata"]).get("order_number", "")),
        amount=shekels(Decimal(row["amount"]) / HUNDRED),
        last4=row["last4"],
        is_open=waiting is not None,
    )


def decide(*, reference: str, yes: bool) -> Question:
    """The cardholder's word; the first one counts. Raises NotFound."""
    found = question(reference=reference)
    Sandbox().decide(reference=reference, yes=yes)
    return found
