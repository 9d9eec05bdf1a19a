"""Letting several threads do something at the same moment, each on a database connection of its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connections
from django.db.backends.signals import connection_created

from core.errors import DomainError
from runtime.embedded.tests.conftest import patience

LOCKS_SECONDS, STATEMENTS_SECONDS = 10, 20
PLACES = 10_000
"""Of each window, so that the orders of every round fit into it: what was delivered keeps its place."""


def rounds(usual: int) -> int:
    """How often a race is run: `usual`; MAMI_ROUNDS times where that is set (`make drill`)."""
    return int(os.environ.get("MAMI_ROUNDS") or usual)


def longest() -> float:
    """The seconds after which whatever has not ended yet is taken for stuck."""
    return 30 * patience()


def race(steps: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all `steps` at once; what each returned, or the exception it raised, in their order.

    A step that neither ends nor fails within `longest()` fails the test. Whoever stands in line for a row
    waits there for longer than in the shop: on a busy machine a line of twenty takes more than three seconds.
    """
    results: list[Any] = [None] * len(steps)
    start = threading.Barrier(len(steps))

    def run(place: int, step: Callable[[], Any]) -> None:
        try:
            start.wait(longest())
            results[place] = step()
        except Exception as error:  # the test looks at every one of them
            results[place] = error
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=run, args=(place, step), daemon=True)
        for place, step in enumerate(steps)
    ]
    connection_created.connect(_stand_in_line)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(longest())
            assert not thread.is_alive(), "a step of the race never ended"
    finally:
        connection_created.disconnect(_stand_in_line)
    return results


def _stand_in_line(*, connection: Any, **_: Any) -> None:
    """Not in a pool, where whoever comes next would have it too."""
    if not connection.settings_dict["OPTIONS"].get("pool"):
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout TO '{LOCKS_SECONDS * patience():.0f}s'")
            cursor.execute(f"SET statement_timeout TO '{STATEMENTS_SECONDS * patience():.0f}s'")


def meet_before(patch: pytest.MonkeyPatch, *steps: tuple[object, str], parties: int = 2) -> None:
    """For controls: nobody takes one of `steps`, each a module or class and a name in it, before
    everybody is about to.

    A control shows what happens when all have looked and nobody has written. So its threads meet right
    before the first write, not after the first look: what one has still to read could else be what
    another has written meanwhile, and the control fails on a busy machine.
    """
    everybody, came = threading.Barrier(parties, timeout=longest()), threading.local()
    for owner, name in steps:
        patch.setattr(owner, name, _after_meeting(getattr(owner, name), everybody, came))


def _after_meeting(
    step: Callable[..., Any], everybody: threading.Barrier, came: threading.local
) -> Callable[..., Any]:
    def late(*given: Any, **named: Any) -> Any:
        if not hasattr(came, "already"):
            came.already = True
            everybody.wait()
        return step(*given, **named)

    return late


def codes(results: Sequence[Any]) -> list[str]:
    """The outcome of each step: the code of its refusal, the name of its crash, or "ok"."""
    return [
        result.code
        if isinstance(result, DomainError)
        else type(result).__name__
        if isinstance(result, BaseException)
        else "ok"
        for result in results
    ]
