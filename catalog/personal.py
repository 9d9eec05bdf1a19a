"""What the catalogue knows about a person: which of the staff set a price."""

from __future__ import annotations

import datetime as dt
from typing import Any

PEOPLE = {"catalog.PriceHistory.actor": "stays: staff only"}


def take_out(*, user_id: int) -> dict[str, Any]:
    return {}


def erase(*, user_id: int, now: dt.datetime) -> None:
    """Nothing of a customer is kept here."""
