"""What the staff screens know about people: staff only."""

from __future__ import annotations

import datetime as dt
from typing import Any

PEOPLE = {"ops.PickAnswer.actor": "stays: staff only"}


def take_out(*, user_id: int) -> dict[str, Any]:
    return {}


def erase(*, user_id: int, now: dt.datetime) -> None:
    """Nothing to let go."""
