"""What the shop asks of any SMS gateway, and what it may answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field


class SmsRefused(Exception):
    """The gateway will never take this message, as for a number that does not exist."""


class SmsNotSent(Exception):
    """No answer, or one that says later; the same message may be handed over again.

    `retry_after` is what the gateway asked to wait, in seconds.
    """

    def __init__(self, what: str, *, retry_after: int = 0) -> None:
        super().__init__(what)
        self.retry_after = retry_after


@dataclass(frozen=True, kw_only=True)
class Sms:
    """A short message. `key` names it for the gateway: the same key is sent once."""

    key: str
    to: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What became of a message, by the gateway's name for it."""

    reference: str
    delivered: bool
    failed: bool
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class Callback:
    """A request that says it comes from the gateway."""

    url: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    form: Mapping[str, str] = field(repr=False)


class Gateway(ABC):
    """A way to phones. No transaction may be open while it is asked."""

    @abstractmethod
    def send(self, sms: Sms) -> str:
        """Hand a message over; the gateway's name for it. Raises SmsRefused, SmsNotSent."""

    @abstractmethod
    def receipt(self, callback: Callback) -> Receipt | None:
        """What a callback says; None where it says nothing of use.

        Raises PermissionError where its signature is not the gateway's.
        """
