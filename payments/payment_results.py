"""What the rest of the shop gets to know about a payment. Provider words stay behind it."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass, field
from decimal import Decimal

from payments.provider import Card, KeptCard

NO_ANSWER = "no_answer"
UNREACHABLE = "unreachable"
NOT_CONFIRMED = "not_confirmed"


class Verdict(enum.Enum):
    AUTHORIZED = "AUTHORIZED"
    VERIFIED = "VERIFIED"  # the card is good and kept; nothing is held yet
    FREE = "FREE"  # there is nothing to pay
    UNPAID = "UNPAID"  # the customer will pay later, by themselves
    DECLINED = "DECLINED"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    UNKNOWN = "UNKNOWN"  # it may or may not have happened: ask again
    UNREACHABLE = "UNREACHABLE"  # it surely did not happen
    NOTHING = "NOTHING"  # asked after the fact: the provider knows of no such authorisation


AGREED = frozenset({Verdict.AUTHORIZED, Verdict.VERIFIED, Verdict.FREE, Verdict.UNPAID})


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the provider said. `reason` is its word for a decline.

    `awaited` tells that the cardholder had been asked to confirm: a hold found later is no accident.
    """

    verdict: Verdict
    reference: str = ""
    amount: Decimal = Decimal("0.00")
    card: Card = field(default_factory=Card)
    kept: KeptCard | None = None
    reason: str = ""
    redirect_url: str = ""
    awaited: bool = False
    expires_at: dt.datetime | None = None

    @property
    def is_authorized(self) -> bool:
        return self.verdict is Verdict.AUTHORIZED

    @property
    def is_agreed(self) -> bool:
        """Whether an order may follow: held, to be held later, paid later, or nothing due."""
        return self.verdict in AGREED


@dataclass(frozen=True, kw_only=True)
class PaymentHandle:
    """A payment that was opened and not yet asked for. Lives in memory only: it holds the token."""

    id: int
    user_id: int
    order_number: str
    amount: Decimal
    provider: str
    idempotency_key: str
    token: str = field(repr=False)
    keep: bool = False
    is_free: bool = False
    is_unpaid: bool = False
    is_scheduled: bool = False
