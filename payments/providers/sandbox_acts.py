"""What the sandbox does with its books: its cards, its holds and its checks of cards."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings

from core.money import HUNDRED, shekels
from payments.provider import (
    Card,
    HoldStatus,
    ProviderState,
)
from payments.providers.sandbox_ledger import (
    Answer,
)

VISA = Card(brand="visa", last4="4242", exp_month=12, exp_year=2034)
MASTERCARD = Card(brand="mastercard", last4="4444", exp_month=12, exp_year=2034)
CARDS: Mapping[str, Card] = {
    "tok_visa": VISA,
    "tok_mastercard": MASTERCARD,
    "tok_declined": Card(brand="visa", last4="0002", exp_month=12, exp_year=2034),
    "tok_slow": Card(brand="visa", last4="3000", exp_month=12, exp_year=2034),
    "tok_timeout": Card(brand="visa", last4="6000", exp_month=12, exp_year=2034),
    "tok_unreachable": Card(brand="visa", last4="9000", exp_month=12, exp_year=2034),
    "tok_3ds": Card(brand="visa", last4="3155", exp_month=12, exp_year=2034),
    "tok_short": Card(brand="visa", last4="1010", exp_month=12, exp_year=2034),
    "tok_later_declined": Card(brand="visa", last4="0069", exp_month=12, exp_year=2026),
    "tok_disputed": Card(brand="visa", last4="0259", exp_month=12, exp_year=2034),
    "tok_disputed_now": Card(brand="visa", last4="2685", exp_month=12, exp_year=2034),
    "tok_disputed_part": Card(brand="visa", last4="1976", exp_month=12, exp_year=2034),
    "tok_later_3ds": Card(brand="visa", last4="3220", exp_month=12, exp_year=2034),
}
DISPUTED = {"tok_disputed": 60.0, "tok_disputed_now": 0.0, "tok_disputed_part": 0.0}
"""Seconds from the charge until the bank contests it."""
PART = 4000
"""Agorot that `tok_disputed_part` contests."""
DECLINED = {"tok_declined": "insufficient_funds", "tok_later_declined": "expired_card"}
CHALLENGED = frozenset({"tok_3ds", "tok_later_3ds"})
SHORT_SECONDS = 10.0
SLOW_SECONDS = 3.0


def write_hold(
    books: sqlite3.Connection,
    ready_at: float,
    amount: Decimal,
    token: str,
    key: str,
    metadata: Mapping[str, str],
    now: float,
    reason: str,
) -> Answer:
    if token not in CARDS:
        reason = "invalid_token"
    card = CARDS.get(token, Card())
    reference = f"sbx_{secrets.token_hex(12)}"
    if token in CHALLENGED and not reason:
        books.execute(
            "INSERT INTO challenges VALUES (?, ?, ?, ?, ?, ?, ?)",
            [reference, key, agorot(amount), card.brand, card.last4, json.dumps(dict(metadata)), now],
        )  # fmt: skip
        return {"action": True, "reference": reference}
    status = HoldStatus.DECLINED if reason else HoldStatus.HELD
    lasts = SHORT_SECONDS if token == "tok_short" else settings.SANDBOX_HOLD_HOURS * 3600
    expires_at = None if reason else now + lasts
    books.execute(
        "INSERT INTO holds (reference, key, status, amount, brand, last4, reason, metadata,"
        " ready_at, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            reference,
            key,
            status,
            agorot(amount),
            card.brand,
            card.last4,
            reason,
            json.dumps(dict(metadata)),
            ready_at,
            now,
            expires_at,
        ],
    )
    enter(books, reference, "DECLINE" if reason else "HOLD", amount, key, now)
    if reason:
        return {"declined": reason}
    return {"reference": reference, "expires_at": expires_at}


def write_check(
    books: sqlite3.Connection, token: str, key: str, metadata: Mapping[str, str], now: float
) -> Answer:
    """A check of a card: what makes trouble only later passes."""
    reason = DECLINED.get(token, "") if token != "tok_later_declined" else ""
    if token not in CARDS:
        reason = "invalid_token"
    status = HoldStatus.DECLINED if reason else HoldStatus.HELD
    if token == "tok_3ds":
        status = HoldStatus.ACTION_REQUIRED
    card, reference = CARDS.get(token, Card()), f"sbx_card_{secrets.token_hex(12)}"
    books.execute(
        "INSERT INTO verifications VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [reference, key, status, token, card.brand, card.last4, reason,
         json.dumps(dict(metadata)), now],
    )  # fmt: skip
    return {"reference": reference}


def bank_url(reference: str) -> str:
    """Where the cardholder is asked."""
    return f"{settings.SITE_URL}/sandbox/bank/{reference}/"


def waiting(row: sqlite3.Row) -> ProviderState:
    return ProviderState(
        reference=row["reference"],
        status=HoldStatus.ACTION_REQUIRED,
        authorized=Decimal("0.00"),
        captured=Decimal("0.00"),
        refunds={},
        card=Card(brand=row["brand"], last4=row["last4"]),
        redirect_url=bank_url(row["reference"]),
    )


def enter(
    books: sqlite3.Connection, reference: str, kind: str, amount: Decimal, key: str, now: float
) -> None:
    books.execute(
        "INSERT INTO entries (reference, kind, amount, key, at) VALUES (?, ?, ?, ?, ?)",
        [reference, kind, agorot(amount), key, now],
    )


def find_hold(books: sqlite3.Connection, reference: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = books.execute(
        "SELECT * FROM holds WHERE reference = ?", [reference]
    ).fetchone()
    return row


def digest(*parts: Any) -> str:
    """What stands for a request's body; a token in it cannot be read back."""
    return hashlib.sha256("\0".join(str(part) for part in parts).encode()).hexdigest()


def instant(at: float | None) -> dt.datetime | None:
    return None if at is None else dt.datetime.fromtimestamp(at, tz=dt.UTC)


def agorot(amount: Decimal) -> int:
    return int(shekels(amount) * HUNDRED)


def shekels_of(agorot: int) -> Decimal:
    return shekels(Decimal(agorot) / HUNDRED)
