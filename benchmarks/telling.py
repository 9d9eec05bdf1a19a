"""What the log and the figures cost a request: the shop beside one that tells nothing, in one run.

    .venv/bin/python -m benchmarks.telling [--rounds 15] [--requests 40]

Two gunicorns on one database, asked in turns: the second counts nothing, measures no statement and writes
no line (`benchmarks/silent_app.py`). The figure is the CPU time of the web processes alone, median of the
rounds: the database does the same for both. Exit code 1 when a case, or all of them together, costs more
than 5 % (together) or 10 % (one case, whose rounds differ by more than that on a busy machine).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from benchmarks.floor import Calls, _send
from benchmarks.serving import PreparedShop, ServedShop, _free_port, cpu, prepared_shop, served

MOST, MOST_OF_ONE = 1.05, 1.10
Case = Callable[[int], Calls]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--requests", type=int, default=40)
    options = parser.parse_args()
    with prepared_shop(PAYMENT_PROVIDER="sandbox", LOG_LEVEL="INFO", WEB_WORKERS="1") as opened:
        opened.manage("collectstatic", "--noinput", "--verbosity", "0")
        os.environ |= opened.environment
        import django

        warnings.filterwarnings("ignore", "No directory at")  # pages have no files here
        django.setup()
        from tests.shop import open_shop

        goods = open_shop(capacity=1_000_000)
        with ExitStack() as both:
            telling = both.enter_context(served(opened, log=opened.folder / "telling.log"))
            beside, log = _beside(opened), opened.folder / "silent.log"
            silent = both.enter_context(
                served(beside, application="benchmarks.silent_app", log=log)
            )
            return _report(_measured(telling, silent, goods, options.rounds, options.requests))


def _beside(opened: PreparedShop) -> PreparedShop:
    return replace(opened, environment={**opened.environment, "PORT": str(_free_port())})


def _measured(
    telling: ServedShop, silent: ServedShop, goods: Any, rounds: int, requests: int
) -> dict[str, tuple[float, float]]:
    """Milliseconds of CPU for each case: telling, and not."""
    cases = _cases(goods)
    spent: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in cases}
    for number in range(rounds + 2):  # the first two warm up
        for name, ready in cases.items():
            pair = ((telling, 0), (silent, 1))
            for shop, place in pair if number % 2 else pair[::-1]:
                calls = ready(requests)
                before = cpu(shop.web)
                _send(shop, calls)
                if number > 1:
                    spent[name][place].append((cpu(shop.web) - before) * 1000 / len(calls))
    return {
        name: (statistics.median(told), statistics.median(not_told))
        for name, (told, not_told) in spent.items()
    }


def _cases(goods: Any) -> dict[str, Case]:
    from benchmarks import baskets

    products = [goods.product(stock=900_000) for _ in range(30)]
    plain = {"Accept-Language": "en", "Content-Type": "application/json"}

    def gets(path: str) -> Case:
        return lambda n: [("GET", path, plain, None)] * n

    def confirms(n: int) -> Calls:
        return [
            ("POST", r.path, r.headers, r.body) for r in baskets.confirms(goods, products[:5], n)
        ]

    return {
        "product": gets(f"/api/v1/products/{products[0].pk}"),
        "24 products of a category": gets(
            f"/api/v1/categories/{goods.category.pk}/products?limit=24"
        ),
        "home page": gets("/en/"),
        "place order of 5 lines": confirms,
    }


def _report(measured: dict[str, tuple[float, float]]) -> int:
    for name, (told, not_told) in measured.items():
        print(
            f"{name:<28} {not_told:6.2f} ms silent  {told:6.2f} ms telling  {told / not_told:5.3f} ×"
        )
    whole = sum(told for told, _ in measured.values()) / sum(n for _, n in measured.values())
    print(f"{'all together':<28} {whole:5.3f} × (allowed {MOST})")
    dear = [name for name, (told, n) in measured.items() if told / n > MOST_OF_ONE]
    return 1 if whole > MOST or dear else 0


if __name__ == "__main__":
    sys.exit(main())
