"""What the shop costs beside the barest views Django can serve: ratios, in one run on one gunicorn.

    .venv/bin/python -m benchmarks.floor [--rounds 7] [--requests 20]

The figure is the CPU time of the web processes and PostgreSQL for each request; cases take turns and the
median of the rounds counts, so that a busy machine moves a ratio by a few per cent only.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from benchmarks.serving import ServedShop, prepared_shop, served

# What is told: a case, what it is divided by, and the most that is allowed (0: only told).
RATIOS = (
    ("place order of 5 lines", "bare checkout", 2.6),
    ("add to cart", "bare detail", 5.0),
    ("whole checkout", "place order of 5 lines", 3.5),
    ("product", "bare detail", 0),
    ("24 products of a category", "bare list", 0),
    ("product page", "bare detail", 0),
    ("department page", "bare cards", 0),
    ("home page", "bare cards", 0),
    ("windows", "bare list", 0),
    ("preview", "bare detail", 0),
)
Calls = Sequence[tuple[str, str, dict[str, str], str | None]]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=20)
    options = parser.parse_args()
    with prepared_shop(PAYMENT_PROVIDER="sandbox") as opened:
        opened.manage("collectstatic", "--noinput", "--verbosity", "0")
        os.environ |= opened.environment
        import django

        warnings.filterwarnings("ignore", "No directory at")  # pages have no files here
        django.setup()
        from tests.shop import open_shop

        goods = open_shop(capacity=1_000_000)
        with served(opened, application="benchmarks.floor_app") as shop:
            return _report(_measured(shop, goods, options.rounds, options.requests))


def _measured(shop: ServedShop, goods: Any, rounds: int, requests: int) -> dict[str, float]:
    """Milliseconds of CPU for each case."""
    cases = _cases(goods)
    spent: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds + 2):  # the first two warm up
        for name, ready in cases.items():
            calls, times = ready(requests)
            before = shop.spent()
            _send(shop, calls)
            if number > 1:
                spent[name].append((shop.spent() - before) * 1000 / times)
    return {name: statistics.median(found) for name, found in spent.items()}


def _send(shop: ServedShop, calls: Calls) -> None:
    connection = shop.connect()
    for method, path, headers, body in calls:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{path} answered {answer.status}: {text[:300]!r}")


def _cases(goods: Any) -> dict[str, Callable[[int], tuple[Calls, int]]]:
    """What makes the calls of a case, and how many times they are the case."""
    from benchmarks import baskets

    products = [goods.product(stock=900_000) for _ in range(30)]
    five, first = products[:5], products[0].pk
    one = baskets.customers(1)[0]
    known = baskets.headers_of(one)
    plain = {"Accept-Language": "en", "Content-Type": "application/json"}
    delivery = {
        "fulfillment_type": "DELIVERY", "delivery_slot_id": goods.slot.pk,
        "delivery_date": goods.date.isoformat(),
    }  # fmt: skip
    windows = "/api/v1/delivery-slots/available"

    # The cheaper a case, the more often it is asked, so that what else the processes do weighs little.
    def gets(path: str, headers: dict[str, str] = plain) -> Callable[[int], tuple[Calls, int]]:
        return lambda n: ([("GET", path, headers, None)] * (n * 10), n * 10)

    def bare(n: int) -> tuple[Calls, int]:
        body = {"branch_id": goods.warehouse.pk, "product_ids": [p.pk for p in five]}
        people = baskets.customers(n * 3)
        return [
            ("POST", "/floor/checkout", plain, json.dumps({**body, "user_id": user.pk}))
            for user in people
        ], n * 3

    def confirms(n: int) -> tuple[Calls, int]:
        return [("POST", r.path, r.headers, r.body) for r in baskets.confirms(goods, five, n)], n

    def adds(n: int) -> tuple[Calls, int]:
        people = [baskets.headers_of(user) for user in baskets.customers(n)]
        return [
            ("POST", "/api/v1/cart/items", person,
             json.dumps({"product_id": product.pk, "quantity": 1}))
            for person in people for product in five
        ], n * len(five)  # fmt: skip

    def previews(n: int) -> tuple[Calls, int]:
        made = baskets.confirms(goods, five, n)
        return [
            ("POST", "/api/v1/checkout/preview", r.headers, json.dumps(delivery)) for r in made
        ], n

    def whole(n: int) -> tuple[Calls, int]:
        return [
            call for user in baskets.customers(n) for call in one_whole(baskets.headers_of(user))
        ], n

    def one_whole(headers: dict[str, str]) -> Iterator[tuple[str, str, dict[str, str], str | None]]:
        for product in five:
            body = json.dumps({"product_id": product.pk, "quantity": 1})
            yield "POST", "/api/v1/cart/items", headers, body
        yield "GET", windows, headers, None
        yield "POST", "/api/v1/checkout/preview", headers, json.dumps(delivery)
        key = {**headers, "Idempotency-Key": "k"}
        yield "POST", "/api/v1/checkout/confirm", key, json.dumps(delivery)

    category = goods.category
    return {
        "bare cards": gets("/floor/cards"),
        "bare detail": gets(f"/floor/detail/{first}"),
        "bare list": gets("/floor/list"),
        "bare checkout": bare,
        "home page": gets("/en/"),
        "department page": gets(f"/en/aisles/{category.slug}/"),
        "product page": gets(f"/en/products/{first}/"),
        "product": gets(f"/api/v1/products/{first}"),
        "24 products of a category": gets(f"/api/v1/categories/{category.pk}/products?limit=24"),
        "add to cart": adds,
        "windows": gets(windows, known),
        "preview": previews,
        "place order of 5 lines": confirms,
        "whole checkout": whole,
    }


def _report(spent: dict[str, float]) -> int:
    for name, cost in spent.items():
        print(f"{name:<28} {cost:6.2f} ms CPU")
    missed = 0
    for name, beside, allowed in RATIOS:
        ratio = spent[name] / spent[beside]
        told = f"{name} ÷ {beside}"
        print(f"{told:<50} {ratio:5.2f}" + (f"  (allowed {allowed})" if allowed else ""))
        missed += bool(allowed) and ratio > allowed
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
