"""Named places where a drill may make the process fail.

`point(name)` does nothing unless something armed that name with `arm`. Arming is refused in
production (`DEBUG` off and no `MAMI_FAULTS=1` in the environment).

A process of its own is armed from outside: `MAMI_FAULT=after_commit_1:kill:3` kills it the third
time it passes there. The kinds are those of `KINDS`; without a number, the first time.

A whole running shop is armed through a file, which MAMI_FAULT_FILE names: `after_commit_1:kill` in
it strikes the first process that passes there, and only that one; the file then ends in `.struck`.
"""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

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
        "hold_between_record_and_call",
        "hold_between_call_and_record",
        "renewal_between_record_and_call",
        "renewal_between_call_and_record",
        "payment_between_record_and_call",
        "payment_between_call_and_record",
        "leaving_between_record_and_charge",
        "leaving_between_charge_and_move",
        "after_change_reserved",
        "before_change_committed",
        "paper_between_agreed_and_note",
        "standing_before_confirm",
        "standing_after_confirm",
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


# The project adds a kind for the database server that it starts itself.
KINDS: dict[str, Callable[[], None]] = {
    "kill": _die,
    "raise": _fail,
    "sleep5": _dawdle,
    "database-kill": _lose_database,
}

_armed: dict[str, Callable[[], None]] = {}
_watched: Path | None = None


def point(name: str) -> None:
    """Pass the named place; runs what a drill armed there."""
    if _armed and (action := _armed.get(name)) is not None:
        action()
    if _watched is not None:
        _strike(name, _watched)


def arm(name: str, action: Callable[[], None]) -> None:
    """Make `point(name)` run `action`. Raises RuntimeError in production, KeyError on a wrong name."""
    _check_allowed()
    if name not in POINTS:
        raise KeyError(name)
    _armed[name] = action


def disarm() -> None:
    """Forget everything that was armed."""
    global _watched
    _armed.clear()
    _watched = None


def arm_from_environment() -> None:
    """Arm what MAMI_FAULT says, if it says anything, and heed the file of MAMI_FAULT_FILE.

    Raises what `arm` raises, and ValueError where it is not `point:kind` or `point:kind:number`.
    """
    global _watched
    if file := os.environ.get("MAMI_FAULT_FILE", ""):
        _check_allowed()
        _watched = Path(file)
    if not (wanted := os.environ.get("MAMI_FAULT", "")):
        return
    name, _, rest = wanted.partition(":")
    kind, _, number = rest.partition(":")
    if kind not in KINDS or not (number or "1").isdecimal() or int(number or "1") < 1:
        raise ValueError(f"MAMI_FAULT wants point:kind:number, not {wanted!r}")
    arm(name, _at_pass(int(number or "1"), KINDS[kind]))


def _check_allowed() -> None:
    if not (settings.DEBUG or os.environ.get("MAMI_FAULTS") == "1"):
        raise RuntimeError("faults can only be armed with DEBUG or MAMI_FAULTS=1")


def _strike(name: str, file: Path) -> None:
    """Do what the file says of this point; the process that renames it is the one that is struck."""
    try:
        wanted, _, kind = file.read_text().strip().partition(":")
        if wanted != name:
            return
        file.rename(f"{file}.struck")
    except FileNotFoundError:
        return
    KINDS[kind]()


def _at_pass(number: int, action: Callable[[], None]) -> Callable[[], None]:
    """`action`, but only the `number`-th time; threads passing together are counted apart."""
    passes = itertools.count(1)

    def act() -> None:
        if next(passes) == number:
            action()

    return act
