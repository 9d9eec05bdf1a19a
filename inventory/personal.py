"""What stock knows about people: who of the staff moved it."""

from __future__ import annotations

import datetime as dt
from typing import Any

PEOPLE = {
    "inventory.StockMovement.actor": "stays: books; customers move stock by their orders' keys",
    "inventory.StockImport.actor": "stays: staff only",
}


def take_out(*, user_id: int) -> dict[str, Any]:
    return {}


def erase(*, user_id: int, now: dt.datetime) -> None:
    """Nothing to let go."""
