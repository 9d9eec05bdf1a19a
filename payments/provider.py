"""The port to whoever holds the money: what the shop asks of a payment provider, and its answers.

Each call has a hard time limit and carries an idempotency key; repeating it is safe. A provider
answers, refuses, or leaves one of two doubts: `ProviderTimeout` (it may have happened) and
`ProviderUnreachable` (it surely did not).
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol


class ProviderFailure(Exception):
    """The provider gave no usable answer. `isolated` says it tells nothing about other calls."""

    def __init__(self, what: str = "", *, isolated: bool = False) -> None:
        super().__init__(what)
        self.isolated = isolated


class ProviderTimeout(ProviderFailure):
    """No answer, or an unreadable one: what was asked may or may not have happened."""


class ProviderUnreachable(ProviderFailure):
    """The request never left: what was asked has surely not happened."""


class ProviderRefused(Exception):
    """The provider answered no, and repeating the same request will not change that."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Declined(Exception):
    """The card was not charged; `reason` is the provider's word, such as `insufficient_funds`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ActionRequired(Exception):
    """The cardholder must confirm at `redirect_url` before the money is held."""

    def __init__(self, *, reference: str, redirect_url: str) -> None:
        super().__init__(reference)
        self.reference = reference
        self.redirect_url = redirect_url


@dataclass(frozen=True, kw_only=True)
class Card:
    """What may be shown of a card."""

    brand: str = ""
    last4: str = ""
    exp_month: int | None = None
    exp_year: int | None = None


@dataclass(frozen=True, kw_only=True)
class KeptCard:
    """A card that stays at the provider for later orders; `token` stands for it."""

    token: str = field(repr=False)
    card: Card


@dataclass(frozen=True, kw_only=True)
class Authorised:
    """Money is held. `kept` is set when the card was asked to stay, `expires_at` where the provider
    says how long."""

    reference: str
    amount: Decimal
    card: Card
    kept: KeptCard | None = None
    expires_at: dt.datetime | None = None


class HoldStatus(enum.StrEnum):
    PROCESSING = "PROCESSING"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    HELD = "HELD"
    CAPTURED = "CAPTURED"
    VOIDED = "VOIDED"
    DECLINED = "DECLINED"


@dataclass(frozen=True, kw_only=True)
class ProviderState:
    """The provider's truth about one payment. `refunds` maps a refund's key to its amount; `kept`
    is set when the card was asked to stay, and does."""

    reference: str
    status: HoldStatus
    authorized: Decimal
    captured: Decimal
    refunds: Mapping[str, Decimal]
    card: Card
    reason: str = ""
    redirect_url: str = ""
    kept: KeptCard | None = None
    expires_at: dt.datetime | None = None

    @property
    def refunded(self) -> Decimal:
        return sum(self.refunds.values(), Decimal("0.00"))


@dataclass(frozen=True, kw_only=True)
class ProviderDispute:
    """The provider's truth about one contested charge. Words are those of `Dispute`."""

    reference: str
    payment_reference: str
    amount: Decimal
    fee: Decimal
    reason: str
    status: str
    opened_at: dt.datetime
    answer_by: dt.datetime
    closed_at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ProviderPayout:
    """A line of the provider's account; `fee` is None where it does not tell it."""

    reference: str
    type: str
    gross: Decimal
    fee: Decimal | None = None


class Provider(Protocol):
    """What an adapter does. Amounts are shekels; every method may raise `ProviderFailure`."""

    name: str

    def authorize(
        self,
        *,
        amount: Decimal,
        token: str,
        idempotency_key: str,
        metadata: Mapping[str, str],
        keep_for: int | None = None,
        off_session: bool = False,
    ) -> Authorised:
        """Hold `amount` on the card of `token`; `keep_for` (a user id) keeps the card as well.

        `off_session`: its holder is not there, but agreed before; a bank that wants them declines
        with the reason `authentication_required`. Raises Declined, ActionRequired, ProviderRefused.
        """
        ...

    def verify(
        self, *, token: str, user_id: int, idempotency_key: str, metadata: Mapping[str, str]
    ) -> KeptCard:
        """Check the card of `token` and keep it for this person, to be asked for money later.

        Nothing is held. Raises Declined, ActionRequired, ProviderRefused.
        """
        ...

    def find_verified(
        self, *, idempotency_key: str, reference: str, since: dt.datetime
    ) -> ProviderState | None:
        """What became of the verification asked for with `idempotency_key`: HELD means verified.

        None: nothing to be seen.
        """
        ...

    def find(
        self, *, idempotency_key: str, reference: str, since: dt.datetime
    ) -> ProviderState | None:
        """What became of the authorisation asked for with `idempotency_key` after `since`.

        None: nothing to be seen. A request still under way may be invisible.
        """
        ...

    def capture(self, *, reference: str, amount: Decimal, idempotency_key: str) -> None:
        """Take `amount` of the hold, once; the rest is let go. Raises ProviderRefused."""
        ...

    def void(self, *, reference: str, idempotency_key: str) -> None:
        """Let the whole hold go. Raises ProviderRefused."""
        ...

    def refund(self, *, reference: str, amount: Decimal, idempotency_key: str) -> None:
        """Give `amount` of what was captured back. Raises ProviderRefused."""
        ...

    def disputes(self, *, since: dt.datetime) -> Sequence[ProviderDispute]:
        """Every contested charge that was opened, or changed, after `since`."""
        ...

    def payouts(self, *, start: dt.datetime, end: dt.datetime) -> Sequence[ProviderPayout]:
        """The account between two instants: charges, refunds, disputes, fees, transfers."""
        ...

    def answer_dispute(
        self, *, reference: str, text: str, file: bytes, idempotency_key: str
    ) -> None:
        """Hand in our side, once, with a PDF. Raises ProviderRefused when it is closed."""
        ...

    def accept_dispute(self, *, reference: str, idempotency_key: str) -> None:
        """Say that the customer is right. Raises ProviderRefused when it is closed."""
        ...

    def keep(self, *, token: str, user_id: int) -> KeptCard:
        """Keep the card of `token` for this person. Raises ProviderRefused for a token unknown to it."""
        ...

    def forget(self, *, token: str) -> None:
        """Let go of a card that `keep` or `authorize` kept. Safe to repeat."""
        ...

    def begin_card(self, *, user_id: int, return_url: str, cancel_url: str) -> str:
        """The address of a page where this person adds a card. Raises ProviderRefused where there
        is none."""
        ...

    def finish_card(self, *, user_id: int, session: str) -> KeptCard:
        """The card added on that page, which stays. Raises ProviderRefused for a session that is
        unknown, not finished, or another person's."""
        ...
