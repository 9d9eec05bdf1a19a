"""Which statements the server prepares: all that are asked again, but for searches by a pattern.

A prepared statement keeps one plan whatever it is asked for. `LIKE` of a parameter cannot walk an index by
its beginning there, nor can the server guess whether a text is in one row or in all: searching open orders
by an e-mail address took 2 to 6 s in a million orders, and a tenth of a second with a plan of its own.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from django.db.backends.postgresql.base import ServerBindingCursor

PATTERN = re.compile(r"\bI?LIKE\b|@@|<%|%>|~")


class PlanningCursor(ServerBindingCursor):
    """Django's cursor of values bound by the server, which prepares no search by a pattern."""

    def execute(self, query: Any, *args: Any, prepare: bool | None = None, **more: Any) -> Any:
        if prepare is None and isinstance(query, str) and asks_by_pattern(query):
            prepare = False
        return super().execute(query, *args, prepare=prepare, **more)  # type: ignore[misc]


@lru_cache(maxsize=4096)
def asks_by_pattern(text: str) -> bool:
    """Whether a statement looks for texts that contain, begin with or resemble a value."""
    return PATTERN.search(text) is not None
