"""Every app that knows a person, by the module in which it says so.

Named by strings because most of them stand above this app. A room has `PEOPLE`, the fields that
point at a person and what becomes of them when the person leaves; `take_out` and `erase`; and where
it needs them `lock`, `open_numbers`, `let_go`, `papers` and `photos`. A test walks all models: a
field that points at a person and that no room names fails the build.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any, Protocol, cast

ROOMS = (
    "standing.personal",
    "checkout.personal",
    "orders.personal",
    "lists.personal",
    "cart.personal",
    "waiting.personal",
    "catalog.personal",
    "billing.personal",
    "payments.personal",
    "inventory.personal",
    "notifications.personal",
    "stockrequests.personal",
    "ops.personal",
    "audit.personal",
    "accounts.personal",
)
"""In the order in which they let go: what points at a thing before the thing."""


class Room(Protocol):
    """What an app says of a person."""

    PEOPLE: Mapping[str, str]

    def take_out(self, *, user_id: int) -> dict[str, Any]:
        """All it holds about the person, as JSON, named as the API names it."""

    def erase(self, *, user_id: int, now: dt.datetime) -> None:
        """Let go of it, in the caller's transaction, behind the person's own row."""


def rooms() -> list[Room]:
    return [cast(Room, import_module(name)) for name in ROOMS]


def asked(what: str, *, user_id: int) -> Iterator[Any]:
    """What each room that has a function `what` answers to it, as one row."""
    for room in rooms():
        function = getattr(room, what, None)
        if function is not None:
            found: Iterable[Any] = function(user_id=user_id) or ()
            yield from found
