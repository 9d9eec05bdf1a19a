"""Places for those being served at once, and the lines in front of them."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

LINES = 3


@dataclass(frozen=True, kw_only=True)
class WaitingLine:
    """A class of requests: its place among the lines (0 first) and how long one may wait in it."""

    name: str
    rank: int
    patience: float


class Gate:
    """`places` at once (0: everybody). Thread-safe; within a line, first come, first served."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._free = places
        self._lines: list[deque[threading.Event]] = [deque() for _ in range(LINES)]
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many wait just now."""
        return sum(len(line) for line in self._lines)

    def enter(self, line: WaitingLine) -> bool:
        """Take a place, waiting in line; False when the patience of the line is over."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            turn = threading.Event()
            self._lines[line.rank].append(turn)
        if turn.wait(line.patience):
            return True
        with self._lock:
            if turn.is_set():  # it came in the last moment
                return True
            self._lines[line.rank].remove(turn)
        return False

    def leave(self) -> None:
        """Hand the place to the first in the first line, or keep it free."""
        with self._lock:
            for line in self._lines:
                if line:
                    line.popleft().set()
                    return
            self._free += 1


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
