"""What every page and call costs the database, in a small shop and in a large one.

    .venv/bin/python -m benchmarks.scale [--products 100000] [--orders 200000] [--all] [--only /ops/] [--busy]

Two shops in temporary folders are seeded and filled, the second to the size asked for. Milliseconds are the
time that this process waits for statements, first as if nobody had asked before, then again (the median of
five), and beside them the processor time of its connection's server process. With `--all` each filter,
search and page is asked too. Exit code 1 where a page of the large shop is above what is allowed: by the
clock, or with `--busy`, where others use the processors too, by processor time.

Files of whole tables come last, once each, and are judged by the longest of their statements; how much this
process grew meanwhile stands beside them.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Any

from benchmarks.serving import prepared_shop

SMALL = (1_000, 2_000)  # products, orders


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--orders", type=int, default=200_000)
    parser.add_argument("--all", action="store_true", help="each filter, search and page too")
    parser.add_argument("--only", default="", help="addresses that begin so")
    parser.add_argument("--busy", action="store_true", help="judge by processor time")
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
    from benchmarks.timed import Timed  # knows the shop's models
    from tests.scale.asking import everything

    asking = Timed(each_way=options.all, busy=options.busy)
    for path, ask in everything(asking):
        if path.startswith(options.only):
            ask()
    asking.ask_files()
    print(f"{asking.above} above {asking.allowed}, of {len(asking.told)}")
    return 1 if asking.above else 0


if __name__ == "__main__":
    sys.exit(main())
