"""Named places where a drill may make the process fail.

`point(name)` does nothing unless something armed that name with `arm`. Arming is refused in
production (`DEBUG` off and no `MAMI_FAULTS=1` in the environment).
"""

from __future__ import annotations

import os
from collections.abc import Callable

from django.conf import settings

POINTS = frozenset(
    {
        "after_key_claimed",
        "after_stock_locked",
        "before_commit_1",
        "after_commit_1",
        "before_provider_call",
        "after_provider_call_before_record",
        "after_authorised_recorded",
        "before_commit_2",
        "after_commit_2_before_response",
        "during_response",
        "job_between_ask_and_finish",
        "refund_between_record_and_call",
    }
)

_armed: dict[str, Callable[[], None]] = {}


def point(name: str) -> None:
    """Pass the named place; runs what a drill armed there."""
    if _armed and (action := _armed.get(name)) is not None:
        action()


def arm(name: str, action: Callable[[], None]) -> None:
    """Make `point(name)` run `action`. Raises RuntimeError in production, KeyError on a wrong name."""
    if not (settings.DEBUG or os.environ.get("MAMI_FAULTS") == "1"):
        raise RuntimeError("faults can only be armed with DEBUG or MAMI_FAULTS=1")
    if name not in POINTS:
        raise KeyError(name)
    _armed[name] = action


def disarm() -> None:
    """Forget everything that was armed."""
    _armed.clear()
