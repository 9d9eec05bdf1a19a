"""Letting several threads do something at the same moment, each on a database connection of its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections

from core.errors import DomainError

PATIENCE_SECONDS = 30
PLACES = 10_000
"""Of each window, so that the orders of every round fit into it: what was delivered keeps its place."""


def rounds(usual: int) -> int:
    """How often a race is run: `usual`; MAMI_ROUNDS times where that is set (`make drill`)."""
    return int(os.environ.get("MAMI_ROUNDS") or usual)


def race(steps: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all `steps` at once; what each returned, or the exception it raised, in their order.

    A step that neither ends nor fails within PATIENCE_SECONDS fails the test.
    """
    results: list[Any] = [None] * len(steps)
    start = threading.Barrier(len(steps))

    def run(place: int, step: Callable[[], Any]) -> None:
        try:
            start.wait(PATIENCE_SECONDS)
            results[place] = step()
        except Exception as error:  # the test looks at every one of them
            results[place] = error
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=run, args=(place, step), daemon=True)
        for place, step in enumerate(steps)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive(), "a step of the race never ended"
    return results


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
