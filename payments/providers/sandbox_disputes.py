"""The sandbox provider's bank: charges it contests, and what becomes of them."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Callable, Sequence
from decimal import Decimal

from core.money import HUNDRED, shekels
from payments.provider import ProviderDispute, ProviderPayout
from payments.providers.sandbox_acts import DISPUTED, PART
from payments.providers.sandbox_ledger import Answer, Ledger, open_dispute

MARK = "dispute"
"""Under this name a hold's metadata keep the token that will be contested."""


def contest(books: sqlite3.Connection, hold: sqlite3.Row, captured: int, now: float) -> None:
    """Contest a charge whose card is one of those, in the caller's transaction."""
    token = json.loads(hold["metadata"]).get(MARK, "")
    if token in DISPUTED:
        amount = min(PART, captured) if token == "tok_disputed_part" else captured
        open_dispute(books, hold, amount=amount, reason="FRAUD", at=now + DISPUTED[token])


def told(row: sqlite3.Row) -> ProviderDispute:
    """A row of the ledger as the port tells it."""
    return ProviderDispute(
        reference=row["reference"],
        payment_reference=row["hold"],
        amount=shekels(Decimal(row["amount"]) / HUNDRED),
        fee=shekels(Decimal(row["fee"]) / HUNDRED),
        reason=row["reason"],
        status=row["status"],
        opened_at=_instant(row["opened_at"]),
        answer_by=_instant(row["answer_by"]),
        closed_at=None if row["closed_at"] is None else _instant(row["closed_at"]),
    )


def settle(
    books: sqlite3.Connection,
    reference: str,
    status: str,
    now: float,
    *,
    text: str = "",
    file: bytes = b"",
) -> Answer:
    """Take an answer or an acceptance of an open dispute, in the caller's transaction."""
    closed = now if status == "ACCEPTED" else None
    changed = books.execute(
        "UPDATE disputes SET status = ?, answer = ?, file = ?, closed_at = ?"
        " WHERE reference = ? AND status = 'OPEN'",
        [status, text, file, closed, reference],
    )
    return {} if changed.rowcount else {"refused": "dispute_closed"}


def _instant(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


class SandboxDisputes:
    """The part of the port that is about contested charges and the account."""

    _clock: Callable[[], float]

    @property
    def ledger(self) -> Ledger:
        raise NotImplementedError

    def _pass_through(self) -> None:
        raise NotImplementedError

    def _act(
        self, kind: str, reference: str, amount: Decimal, key: str, act: Callable[..., Answer]
    ) -> None:
        raise NotImplementedError

    def disputes(self, *, since: dt.datetime) -> Sequence[ProviderDispute]:
        self._pass_through()
        return [told(row) for row in self.ledger.disputes(since=since.timestamp())]

    def answer_dispute(
        self, *, reference: str, text: str, file: bytes, idempotency_key: str
    ) -> None:
        def act(books: sqlite3.Connection, ready_at: float) -> Answer:
            return settle(books, reference, "ANSWERED", self._clock(), text=text, file=file)

        self._act("ANSWER", reference, Decimal(0), idempotency_key, act)

    def accept_dispute(self, *, reference: str, idempotency_key: str) -> None:
        def act(books: sqlite3.Connection, ready_at: float) -> Answer:
            return settle(books, reference, "ACCEPTED", self._clock())

        self._act("ACCEPT", reference, Decimal(0), idempotency_key, act)

    def payouts(self, *, start: dt.datetime, end: dt.datetime) -> Sequence[ProviderPayout]:
        self._pass_through()
        entries, disputes = self.ledger.account(start=start.timestamp(), end=end.timestamp())
        found = [
            _payout(row["reference"], row["kind"], -row["amount"], None)
            if row["kind"] == "REFUND"
            else _payout(row["reference"], row["kind"], row["amount"], None)
            for row in entries
        ]
        for row in disputes:
            if row["opened"]:
                found.append(_payout(row["reference"], "DISPUTE", -row["amount"], row["fee"]))
            if row["won"]:
                found.append(_payout(row["reference"], "DISPUTE", row["amount"], 0))
        return found


def _payout(reference: str, kind: str, gross: int, fee: int | None) -> ProviderPayout:
    return ProviderPayout(
        reference=reference,
        type=kind,
        gross=shekels(Decimal(gross) / HUNDRED),
        fee=None if fee is None else shekels(Decimal(fee) / HUNDRED),
    )
