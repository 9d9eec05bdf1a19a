"""What the trail knows about a person: who did something, by key."""

from __future__ import annotations

import datetime as dt
from typing import Any

PEOPLE = {"audit.AuditEntry.actor": "stays: the trail has keys and no names"}


def take_out(*, user_id: int) -> dict[str, Any]:
    return {}


def erase(*, user_id: int, now: dt.datetime) -> None:
    """Nothing to let go."""
