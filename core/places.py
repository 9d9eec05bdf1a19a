"""Places for those being served at once, and the lines in front of them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

LINES = 3


@dataclass(frozen=True, kw_only=True)
class WaitingLine:
    """A class of requests: its place among the lines (0 first) and how long one may wait in it."""

    name: str
    rank: int
    patience: float


@dataclass(eq=False, slots=True, kw_only=True)
class Waiter:
    """Somebody in line. `let_in` is called once, by whichever thread leaves a place to them.

    A thread that waits is nobody (`who`): it looks to its patience itself.
    """

    line: WaitingLine
    let_in: Callable[[], None]
    who: Any = None
    since: float = field(default_factory=time.monotonic)


class Gate:
    """`places` at once (0: everybody). Thread-safe; within a line, first come, first served."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._free = places
        self._lines: list[deque[Waiter]] = [deque() for _ in range(LINES)]
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many wait just now."""
        return sum(len(line) for line in self._lines)

    def enter(self, line: WaitingLine) -> bool:
        """Take a place, waiting in line; False when the patience of the line is over."""
        turn = threading.Event()
        waiter = Waiter(line=line, let_in=turn.set)
        if self.ask(waiter) or turn.wait(line.patience):
            return True
        with self._lock:
            if waiter not in self._lines[line.rank]:  # it came in the last moment
                return True
            self._lines[line.rank].remove(waiter)
        return False

    def ask(self, waiter: Waiter) -> bool:
        """Whether there is a place at once; if not, `waiter` stands in its line from now on."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            self._lines[waiter.line.rank].append(waiter)
            return False

    def late(self, now: float) -> list[Waiter]:
        """Those whose patience is over, taken out of line. Threads look to theirs."""
        found: list[Waiter] = []
        with self._lock:
            for line in self._lines:
                over = takewhile(lambda one: now - one.since >= one.line.patience, line)
                found += [one for one in over if one.who is not None]
            for one in found:
                self._lines[one.line.rank].remove(one)
        return found

    def leave(self) -> None:
        """Hand the place to the first in the first line, or keep it free."""
        with self._lock:
            first = next((line.popleft() for line in self._lines if line), None)
            if first is None:
                self._free += 1
        if first is not None:
            first.let_in()


_held = threading.local()


def hold(gate: Gate) -> None:
    """This thread has taken a place at `gate`."""
    _held.gate = gate


def give_place_back() -> None:
    """Let somebody else be served while this thread waits for something that is not the database."""
    gate: Gate | None = getattr(_held, "gate", None)
    if gate is not None:
        _held.gate = None
        gate.leave()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the door has decided about the request in this thread, and how long it waited for it."""

    is_let_in: bool
    waited: float


def decide(verdict: Verdict | None) -> None:
    """Tell whoever asks in this thread, once, what the door decided."""
    _held.verdict = verdict


def decided() -> Verdict | None:
    """What the door decided; None when it left this request to whoever asks, or was asked before."""
    verdict: Verdict | None = getattr(_held, "verdict", None)
    _held.verdict = None
    return verdict
