"""Asking every address of a shop with a clock at hand; imported where Django is ready."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection
from django.http import HttpResponse

from tests.scale.asking import Asking

FIRST_MS, AGAIN_MS = 150, 50
AGAIN = 5


class Timed(Asking):
    """Asks each address first and again, and tells what the database took; files of whole tables only
    when told so.
    """

    allowed = f"{FIRST_MS} ms first or {AGAIN_MS} ms again"

    def __init__(self, *, each_way: bool, busy: bool) -> None:
        """`each_way` asks each filter, search and page too; `busy` judges by processor time."""
        super().__init__(Clock())
        self.each_way, self.busy = each_way, busy
        self.told: set[str] = set()
        self.files: dict[str, tuple[str, dict[str, str]]] = {}
        self.above = 0
        print(f"{'':<90}   first   again       processor       statements")

    def ask(self, who: str, path: str, **headers: str) -> Any:
        if "export" in path:  # nothing shall wait for a file
            self.files[path] = who, headers
            return HttpResponse(status=204)
        answer = super().ask(who, path, **headers)
        if path in self.told or answer.status_code >= 400:
            return answer
        self.told.add(path)
        first, statements, again = self.watch.spent, self.watch.statements, []
        for _ in range(AGAIN):
            with self.watch.watching(path):
                self._get(who, path, headers)
            again.append(self.watch.spent)
        self._tell(path, first, Spent.middle(again), statements)
        return answer

    def ask_files(self) -> None:
        """Once each; judged by the longest of their statements."""
        for path, (who, headers) in self.files.items():
            before, begun, watch = _most_memory(), time.process_time(), self.watch
            with watch.watching(path):
                answer: Any = self.clients[who].get(path, headers=headers)
                parts = answer.streaming_content if answer.streaming else [answer.content]
                length = sum(map(len, parts))  # nobody holds it whole
            seconds = time.process_time() - begun
            self.told.add(path)
            print(
                f"{path[:90]:<90} {watch.spent.clock:7.0f} ms in {watch.statements} statements, "
                f"{watch.spent.processor:.0f} ms of processor, the longest {watch.longest.clock:.1f} "
                f"and {watch.longest.processor:.1f} ms; here "
                f"{seconds:.1f} s for {length / 1e6:.1f} MB, grew by "
                f"{_most_memory() - before:.0f} MiB{self._mark(watch.longest.judged(self.busy) > FIRST_MS)}",
                flush=True,
            )

    def page(self, who: str, path: str) -> None:
        super().page(who, path) if self.each_way else self.ask(who, path)

    def call(self, who: str, path: str, parameters: list[dict[str, Any]]) -> None:
        super().call(who, path, parameters if self.each_way else [])

    def _tell(self, path: str, first: Spent, again: Spent, statements: int) -> None:
        above = first.judged(self.busy) > FIRST_MS or again.judged(self.busy) > AGAIN_MS
        print(
            f"{path[:90]:<90} {first.clock:7.1f} {again.clock:7.1f} ms {first.processor:7.1f} "
            f"{again.processor:7.1f} ms {statements:>4}{self._mark(above)}",
            flush=True,
        )

    def _mark(self, above: bool) -> str:
        self.above += above
        return "  ✗" if above else ""


class Spent(NamedTuple):
    """Milliseconds of waiting for statements, and of the server process that answered them."""

    clock: float
    processor: float

    @classmethod
    def middle(cls, found: list[Spent]) -> Spent:
        return cls(*(statistics.median(each) for each in zip(*found, strict=True)))

    def judged(self, busy: bool) -> float:
        return self.processor if busy else self.clock


NOTHING = Spent(0.0, 0.0)


class Clock:
    """What was watched last: milliseconds, statements, and the most of any one statement."""

    def __init__(self) -> None:
        self.spent, self.statements, self.longest = NOTHING, 0, NOTHING

    @contextmanager
    def watching(self, where: str) -> Iterator[None]:
        self.spent, self.statements, self.longest = NOTHING, 0, NOTHING
        with connection.execute_wrapper(self):
            yield

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        server = context["connection"].connection.info.backend_pid
        worked, begun = _worked(server), time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            took = (time.perf_counter() - begun) * 1000
            one = Spent(took, _worked(server) - worked)
            self.spent = Spent(*map(sum, zip(self.spent, one, strict=True)))
            self.longest = Spent(*map(max, zip(self.longest, one, strict=True)))
            self.statements += 1


def _most_memory() -> float:
    """MiB that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _worked(process: int) -> float:
    """Milliseconds of processor time of a process so far."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e6
