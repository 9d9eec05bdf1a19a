"""What placing an order costs, beside a bare view that does the bare writes.

    python -m benchmarks.checkout [--orders 60] [--memory 20000]

Opens a shop of its own on the gunicorn of production and asks it over HTTP. The figure is the CPU
time of its web processes and its database for each request: it survives a noisy machine. Figures
are medians of five rounds taken in turns. The sandbox provider runs inside the web processes, so
its books count as ours. Exit code 1 when a figure misses its target.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import pgbench
from benchmarks.serving import ServedShop, prepared_shop, served

if TYPE_CHECKING:
    from benchmarks.baskets import Request

ROUNDS = 5
WAIT = 0.3
MOST_STATEMENTS = 25
MOST_TIMES_BARE = 2.0
LEAST_PER_SECOND = 20.0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=60, help="in each of the five rounds")
    parser.add_argument("--memory", type=int, default=0, help="only watch memory, so many orders")
    options = parser.parse_args()
    with prepared_shop(PAYMENT_PROVIDER="sandbox") as opened:
        os.environ |= opened.environment
        import django

        warnings.filterwarnings("ignore", "No directory at")  # pages have no files here
        django.setup()
        from tests.shop import open_shop

        goods_shop = open_shop(capacity=1_000_000)
        with served(opened) as shop:
            bench = Bench(shop, goods_shop, options.orders)
            if options.memory:
                return bench.memory(options.memory)
            bench.cost()
            bench.hot()
            bench.scarce()
            bench.rate()
            return bench.finish()


class Bench:
    """The measurements, each on fresh customers. `missed` names the targets that were missed."""

    def __init__(self, shop: ServedShop, goods_shop: Any, orders: int) -> None:
        self.shop, self.open, self.orders = shop, goods_shop, orders
        self.goods = [goods_shop.product(stock=900_000) for _ in range(50)]
        self.missed: list[str] = []

    def cost(self) -> None:
        """CPU and statements of the bare writes, of 5 lines and of 50."""
        from benchmarks import baskets

        five = self.goods[:5]
        cases: dict[str, Callable[[int], list[Request]]] = {
            "bare writes, 5 lines": lambda n: baskets.bare(self.open, five, n),
            "confirm of 5 lines": lambda n: baskets.confirms(self.open, five, n),
            "confirm of 50 lines": lambda n: baskets.confirms(self.open, self.goods, n),
        }
        rounds: dict[str, list[float]] = {name: [] for name in cases}
        for number in range(ROUNDS + 1):  # the first one warms up
            for name, ready in cases.items():
                spent = self._spent(ready(self.orders))
                if number:
                    rounds[name].append(spent)
        medians = {name: statistics.median(found) for name, found in rounds.items()}
        base = medians["bare writes, 5 lines"]
        for name, ready in cases.items():
            ratio, sent = medians[name] / base, statements(ready(1)[0])
            print(f"{name:<22} {medians[name]:6.2f} ms CPU  {ratio:5.2f} × bare  {sent} statements")
            if "confirm" in name:
                self._judge(f"statements, {name}", sent <= MOST_STATEMENTS)
            if name == "confirm of 5 lines":
                self._judge("CPU of 5 lines", ratio <= MOST_TIMES_BARE)

    def hot(self) -> None:
        """Everybody wants the same product while the provider takes its time."""
        from benchmarks import baskets

        milk = self.open.product(stock=10_000)
        requests = baskets.confirms(self.open, [milk], 160)
        self.open.sandbox.ledger.set_weather(mode="", latency=WAIT)
        rate, answers = self._together(requests, clients=8)
        self.open.sandbox.ledger.set_weather(mode="")
        print(f"hot product, 8 shoppers, provider answers in {WAIT} s: {rate:.1f} orders/s "
              f"(ceiling {8 / WAIT:.1f}; with the row locked meanwhile {1 / WAIT:.1f}) {answers}")  # fmt: skip
        self._judge("hot product", rate >= LEAST_PER_SECOND and answers == {201: 160})

    def scarce(self) -> None:
        """Fifty shoppers at once, ten pieces: no more and no fewer are sold, and the book says so."""
        from benchmarks import baskets
        from orders.models import OrderItem

        few = self.open.product(stock=10)
        _rate, answers = self._together(baskets.confirms(self.open, [few], 50), clients=50)
        sold = OrderItem.objects.filter(product=few).count()
        on_hand, reserved = self.open.stock(few)
        print(f"stock of 10, 50 shoppers at once: {sold} orders, on hand {on_hand}, "
              f"reserved {reserved} {answers}")  # fmt: skip
        self._judge("scarce product", sold == on_hand == reserved == answers[201] == 10)

    def rate(self) -> None:
        """Orders a second of eight clients, as a share of the same writes by pgbench."""
        from benchmarks import baskets

        orders = self.orders * ROUNDS
        rate, answers = self._together(
            baskets.confirms(self.open, self.goods[:5], orders), clients=8
        )
        print(f"no delay, 8 shoppers: {rate:.1f} orders/s {answers}")
        bare, what = pgbench.orders_per_second(self.open, self.goods[:5])
        print(what if bare is None else f"{what}: {bare:.1f} orders/s; ours are {rate / bare:.0%}")

    def memory(self, orders: int) -> int:
        """Resident memory of the web workers after so many orders, in MB."""
        from benchmarks import baskets

        done, marks = 0, sorted({500, orders // 4, orders // 2, orders})
        for mark in marks:
            while done < mark:
                count = min(500, mark - done)
                _rate, answers = self._together(
                    baskets.confirms(self.open, self.goods[:5], count), clients=8
                )
                assert answers == {201: count}, answers
                done += count
            sizes = [_resident(pid) for pid in sorted(self.shop.worker_pids())]
            print(f"{done:6} orders: {', '.join(f'{size:.1f}' for size in sizes)} MB", flush=True)
        return 0

    def finish(self) -> int:
        print("all targets met" if not self.missed else f"missed: {', '.join(self.missed)}")
        return 1 if self.missed else 0

    def _judge(self, name: str, met: bool) -> None:
        if not met:
            self.missed.append(name)

    def _spent(self, requests: Sequence[Request]) -> float:
        """Milliseconds of CPU for each of `requests`, one after the other."""
        connection, before = self.shop.connect(), self.shop.spent()
        for request in requests:
            _send(connection, request, must=201)
        return (self.shop.spent() - before) * 1000 / len(requests)

    def _together(self, requests: list[Request], clients: int) -> tuple[float, Counter[int]]:
        """Answered 201 a second, and how many of each status, by so many clients at once."""
        waiting, answers, lock = list(requests), Counter[int](), threading.Lock()

        def work() -> None:
            connection = self.shop.connect()
            while True:
                with lock:
                    if not waiting:
                        return
                    request = waiting.pop()
                status = _send(connection, request)
                with lock:
                    answers[status] += 1

        threads = [threading.Thread(target=work) for _ in range(clients)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers[201] / (time.perf_counter() - began), answers


def statements(request: Request) -> int:
    """How many statements the whole request sends, BEGIN and COMMIT left out."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        response = Client(headers={"host": "127.0.0.1"}).post(
            request.path, request.body, content_type="application/json", headers=request.headers
        )
    assert response.status_code == 201, response.content
    return sum(query["sql"] not in {"BEGIN", "COMMIT"} for query in captured)


def _send(connection: Any, request: Request, must: int = 0) -> int:
    connection.request("POST", request.path, request.body, request.headers)
    response = connection.getresponse()
    text = response.read()
    if must and response.status != must:
        raise SystemExit(f"{request.path} answered {response.status}: {text[:300]!r}")
    return int(response.status)


def _resident(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


if __name__ == "__main__":
    sys.exit(main())
