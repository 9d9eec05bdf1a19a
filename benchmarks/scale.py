"""What every page and call costs the database, in a small shop and in a large one.

    .venv/bin/python -m benchmarks.scale [--products 100000] [--orders 200000] [--all] [--only /ops/]

Two shops in temporary folders are seeded and filled, the second to the size asked for. Milliseconds are the time that this process waits for statements: first as if nobody had asked before, then again (the
median of five). With `--all` each filter, search and page is asked too. Exit code 1 where a page of the
large shop is above what is allowed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.serving import prepared_shop

SMALL = (1_000, 2_000)  # products, orders
FIRST_MS, AGAIN_MS = 150, 50
AGAIN = 5


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--orders", type=int, default=200_000)
    parser.add_argument("--all", action="store_true", help="each filter, search and page too")
    parser.add_argument("--only", default="", help="addresses that begin so")
    options = parser.parse_args()
    os.environ["KEEPS_SHABBAT"] = "0"
    found = []
    for products, orders in (SMALL, (options.products, options.orders)):
        with prepared_shop(DJANGO_SETTINGS_MODULE="mami.settings") as opened:
            opened.manage("collectstatic", "--noinput", "--verbosity", "0")
            opened.manage("seed")
            child = os.fork()  # settings are read once in a process
            if not child:
                os._exit(_measure(opened.environment, products, orders, options))
            found.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    return found[-1]


def _measure(environment: dict[str, str], products: int, orders: int, options: Any) -> int:
    os.environ |= environment
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    from tests.scale.filling import Filling

    settings.ALLOWED_HOSTS.append("testserver")
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        Filling(cursor, products=products, orders=orders).run()
    seconds = time.perf_counter() - begun
    print(f"\n{products:,} products, {orders:,} orders, filled in {seconds:.0f} s", flush=True)
    connection.close()
    return _report(options)


def _report(options: Any) -> int:
    from tests.scale.asking import Asking, everything

    class Timed(Asking):
        """Asks each address first and again, and keeps what the database took."""

        def __init__(self) -> None:
            super().__init__(Clock())
            self.told: set[str] = set()
            self.above = 0

        def ask(self, who: str, path: str, **headers: str) -> Any:
            answer = super().ask(who, path, **headers)
            if path in self.told or answer.status_code >= 400:
                return answer
            self.told.add(path)
            first, statements, again = self.watch.spent, self.watch.statements, []
            for _ in range(AGAIN):
                with self.watch.watching(path):
                    self._get(who, path, headers)
                again.append(self.watch.spent)
            self._tell(path, first, statistics.median(again), statements)
            return answer

        def _tell(self, path: str, first: float, again: float, statements: int) -> None:
            above = first > FIRST_MS or again > AGAIN_MS
            self.above += above
            print(
                f"{path[:90]:<90} {first:7.1f} {again:7.1f} ms {statements:>4}{'  ✗' if above else ''}",
                flush=True,
            )

        def page(self, who: str, path: str) -> None:
            super().page(who, path) if options.all else self.ask(who, path)

        def call(self, who: str, path: str, parameters: list[dict[str, Any]]) -> None:
            super().call(who, path, parameters if options.all else [])

    print(f"{'':<90}   first   again    statements")
    asking = Timed()
    for path, ask in everything(asking):
        if path.startswith(options.only):
            ask()
    print(f"{asking.above} above {FIRST_MS} ms first or {AGAIN_MS} ms again, of {len(asking.told)}")
    return 1 if asking.above else 0


class Clock:
    """Milliseconds and statements of what was watched last."""

    def __init__(self) -> None:
        self.spent, self.statements = 0.0, 0

    @contextmanager
    def watching(self, where: str) -> Iterator[None]:
        from django.db import connection

        self.spent, self.statements = 0.0, 0
        with connection.execute_wrapper(self):
            yield

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.spent += (time.perf_counter() - begun) * 1000
            self.statements += 1


if __name__ == "__main__":
    sys.exit(main())
