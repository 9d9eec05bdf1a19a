"""What looking for an earlier order costs, beside the plain list of them: `GET /orders` with and without `q`.

    python -m benchmarks.history [--orders 500] [--lines 12]

One person with so many orders; the word sought stands in a tenth of them, in one, or nowhere. CPU of
this process and of PostgreSQL, medians of five rounds taken in turns. Exit code 1 above 1.5 times.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import Any

from benchmarks.filling import history
from benchmarks.papers import medians
from benchmarks.serving import tests_cluster

ALLOWED = 1.5
ASKED = {
    "the plain list": "",
    "a word of every tenth": "?q=zucch",
    "two words": "?q=zucchini%20green",
    "a word of all of them": "?q=product",
    "a word of none": "?q=nothing",
    "a number": "?q=MS-00989680",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history")
    parser.add_argument("--orders", type=int, default=500)
    parser.add_argument("--lines", type=int, default=12)
    parser.add_argument("--times", type=int, default=50)
    options = parser.parse_args()
    with tests_cluster() as cluster:
        return _measure(cluster, options)


def _measure(cluster: Any, options: argparse.Namespace) -> int:
    from tests.api_client import ApiClient
    from tests.shop import open_with_sandbox

    with open_with_sandbox() as shop:
        order = shop.order(quantities={shop.product(): 2 for _ in range(options.lines)})
        history(order, options.orders, word="Zucchini, green", every=10)
        ada = ApiClient(order.user, check=False)

        def asking(query: str) -> None:
            answer = ada.get(f"/orders{query}")
            if answer.status_code != 200:
                raise SystemExit(f"{query} answered {answer.status_code}")

        steps = [partial(asking, query) for query in ASKED.values()]
        spent = medians(cluster, steps, options.times)
    is_kept = True
    for name, milliseconds in zip(ASKED, spent, strict=True):
        ratio = milliseconds / spent[0]
        is_kept = is_kept and ratio <= ALLOWED
        print(f"{name:24} {milliseconds:6.2f} ms {ratio:5.2f} ×")
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
