"""How long a copy of a large shop takes to make and to bring back.

    .venv/bin/python -m benchmarks.restoring [--orders 1000000] [--customers 50000]

A database of its own with the durability of production is filled set-based: orders with their lines,
deliveries, baskets and payments. Then `manage.py backup` makes a copy as in a demo (not sealed), and
`manage.py db restore` puts it in the place of the database; seconds on the clock for each, and the number of
orders afterwards. Nothing is judged but that: a million orders made by the database keep no books.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.serving import prepared_shop


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, default=50_000)
    options = parser.parse_args()
    with prepared_shop(
        DJANGO_SETTINGS_MODULE="mami.settings", PAYMENT_PROVIDER="sandbox"
    ) as opened:
        os.environ |= opened.environment
        import django

        warnings.filterwarnings("ignore", "No directory at")
        django.setup()
        with _timed(f"{options.orders:,} orders filled"):
            _fill(options.orders, options.customers)
        before = _orders()
        copy = opened.folder / "copy.tar"
        with _timed("copied"):
            opened.manage("backup", str(copy))
        print(f"  {copy.stat().st_size / 1e6:,.0f} MB")
        with _timed("brought back"):
            opened.manage("db", "restore", str(copy), "--yes")
        after = _orders()
    print(f"  {before:,} orders before, {after:,} after")
    return 0 if before == after else 1


def _fill(orders: int, customers: int) -> None:
    from django.db import connection

    from benchmarks import filling
    from orders.models import Order
    from tests.shop import open_shop

    shop = open_shop()
    number = shop.order().order_number
    sample = Order.objects.get(order_number=number)
    filling.customers(customers)
    filling.baskets(sample, orders)
    filling.finished_orders(sample, orders)
    connection.close()


def _orders() -> int:
    from django.db import connection

    from orders.models import Order

    try:
        return Order.objects.count()
    finally:
        connection.close()


@contextmanager
def _timed(what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    print(f"{what} in {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
