"""Named places where a drill may make the process fail.

`point(name)` does nothing unless something armed that name with `arm`. Arming is refused in
production (`DEBUG` off and no `MAMI_FAULTS=1` in the environment).

A process of its own is armed from outside: `MAMI_FAULT=after_commit_1:kill:3` kills it the third
time it passes there. The kinds are those of `KINDS`; without a number, the first time.
"""

from __future__ import annotations

import itertools
import os
import signal
import time
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


class Struck(Exception):
    """What the kind `raise` raises."""


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fail() -> None:
    raise Struck


def _dawdle() -> None:
    time.sleep(5)


def _lose_database() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


KINDS: dict[str, Callable[[], None]] = {
    "kill": _die,
    "raise": _fail,
    "sleep5": _dawdle,
    "database-kill": _lose_database,
}

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


def arm_from_environment() -> None:
    """Arm what MAMI_FAULT says, if it says anything.

    Raises what `arm` raises, and ValueError where it is not `point:kind` or `point:kind:number`.
    """
    if not (wanted := os.environ.get("MAMI_FAULT", "")):
        return
    name, _, rest = wanted.partition(":")
    kind, _, number = rest.partition(":")
    if kind not in KINDS or not (number or "1").isdecimal() or int(number or "1") < 1:
        raise ValueError(f"MAMI_FAULT wants point:kind:number, not {wanted!r}")
    arm(name, _at_pass(int(number or "1"), KINDS[kind]))


def _at_pass(number: int, action: Callable[[], None]) -> Callable[[], None]:
    """`action`, but only the `number`-th time; threads passing together are counted apart."""
    passes = itertools.count(1)

    def act() -> None:
        if next(passes) == number:
            action()

    return act
