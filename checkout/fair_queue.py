"""Who orders next, of those who want the same goods.

Two hundred people who press for one product in the same instant would queue for its row in the
database anyway, each with a thread, a connection and a share of the processor in hand, and whoever
wants something else would stand behind all of them. Here they queue before they begin, with nothing
in hand, in the order in which they came, and the others pass.

That is fairness and not truth: the locks on the rows keep the counters right without it. So each
process has queues of its own, and a basket stands in one only: that for the product in it which is in
most of the baskets that are there.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from core import metrics
from core.errors import Busy
from core.transactions import lend_connection

PATIENCE_SECONDS = 20.0


@dataclass(eq=False)
class Turn:
    """A place in the queue for a product (0: in none). `waited` is how long it took to come."""

    basket: Sequence[int] = ()
    product: int = 0
    waited: dt.timedelta = dt.timedelta(0)
    has_come: threading.Event = field(default_factory=threading.Event)


class Turnstile:
    """Lets `at_once` of a process begin with the same product (0: everybody). Thread-safe.

    At most `most_waiting` wait in all queues together (0: any number), so that threads are left for
    those who do not wait.
    """

    def __init__(
        self, *, at_once: int, most_waiting: int = 0, patience: float = PATIENCE_SECONDS
    ) -> None:
        self.at_once, self.most_waiting, self.patience = at_once, most_waiting, patience
        self._lock = threading.Lock()
        self._queues: dict[int, deque[Turn]] = {}
        self._wanted = Counter[int]()
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """How many wait just now."""
        return self._waiting

    @contextmanager
    def turn(self, basket: Sequence[int]) -> Iterator[Turn]:
        """Wait for one's turn with these products; it is over with `over`, or at the end of the block.

        Whoever waits lends the thread's database connection to the others. Raises Busy, with
        nothing begun, after `patience` seconds, and at once where too many wait already.
        """
        turn = self._line_up(basket)
        try:
            self._wait(turn)
            yield turn
        finally:
            self.over(turn)

    def over(self, turn: Turn) -> None:
        """Let the next one begin. Again, it does nothing."""
        with self._lock:
            queue = self._queues.get(turn.product)
            if not queue or turn not in queue:
                return
            queue.remove(turn)
            self._wanted.subtract(turn.basket)
            for product in turn.basket:
                if not self._wanted[product]:
                    del self._wanted[product]
            if len(queue) >= self.at_once:
                queue[self.at_once - 1].has_come.set()
            elif not queue:
                del self._queues[turn.product]

    def _line_up(self, basket: Sequence[int]) -> Turn:
        if not basket or not self.at_once:
            turn = Turn()
            turn.has_come.set()
            return turn
        with self._lock:
            turn = Turn(basket, max(basket, key=self._wanted.__getitem__))
            queue = self._queues.setdefault(turn.product, deque())
            if len(queue) < self.at_once:
                turn.has_come.set()
            elif self.most_waiting and self._waiting >= self.most_waiting:
                raise Busy
            else:
                self._waiting += 1
            queue.append(turn)
            self._wanted.update(basket)
        return turn

    def _wait(self, turn: Turn) -> None:
        if turn.has_come.is_set():
            return
        began = time.monotonic()
        try:
            lend_connection()
            with metrics.CONFIRMS_WAITING.track_inprogress():
                has_come = turn.has_come.wait(self.patience)
        finally:
            with self._lock:
                self._waiting -= 1
        if not has_come:
            raise Busy
        turn.waited = dt.timedelta(seconds=time.monotonic() - began)
