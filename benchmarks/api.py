"""What a call of the JSON API costs, beside a bare view over the same table.

`python -m benchmarks.api [--products 5000] [--requests 300]` opens a shop of its own in a temporary
folder and measures the CPU time of its web processes and its database for each request, in one run
on one gunicorn. Exit code 1 when a ratio is above what is allowed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from dataclasses import dataclass

from benchmarks.serving import ServedShop, prepared_shop, served

COPY = """
INSERT INTO catalog_product ({columns}, sku, barcode)
SELECT {columns}, 'B-' || n, NULL
FROM generate_series(1, %s) AS n
JOIN LATERAL (SELECT * FROM catalog_product WHERE id = 1 + n %% (SELECT count(*) FROM catalog_product)) p
ON true
"""
STOCK = """
INSERT INTO inventory_stock (product_id, branch_id, on_hand, reserved, reorder_point, updated_at)
SELECT p.id, b.id, 50, 0, 0, now() FROM catalog_product p CROSS JOIN branches_branch b
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Case:
    """A call, and how many times the cost of `beside` it may have; without a limit it is only told.

    `{n}` in a path is another number each time, so that nothing about it is remembered.
    """

    name: str
    path: str
    beside: str = ""
    allowed: float = 0.0
    body: dict | None = None


CASES = [
    Case("bare detail", "/api/bare/{id}"),
    Case("bare list of 24", "/api/bare"),
    Case("product detail", "/api/v1/products/{id}", "bare detail", 1.5),
    Case("24 products", "/api/v1/categories/{category}/products?limit=24", "bare list of 24", 1.3),
    Case("search of 24 with facets", "/api/v1/products/search?q=milk&limit=24", "bare list of 24", 2),
    Case("browse all, 24 with facets", "/api/v1/products/search?limit=24", "bare list of 24", 2),
    Case(
        "search nobody asked before", "/api/v1/products/search?q=milk&limit=24&maxPrice={n}",
        "bare list of 24",
    ),
    Case("browse nobody asked before", "/api/v1/products/search?limit=24&maxPrice={n}", "bare list of 24"),
    Case("what is in stock", "/api/v1/products/search?limit=24&inStock=true", "bare list of 24"),
    Case("adding to the basket", "/api/v1/cart/items", "bare detail", 4, {"product_id": 0, "quantity": 1}),
]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--products", type=int, default=5000)
    parser.add_argument("--requests", type=int, default=300)
    options = parser.parse_args()
    with prepared_shop() as opened:
        opened.manage("seed")
        opened.manage("shell", "-c", f"from benchmarks.api import fill; fill({options.products})")
        with served(opened) as shop:
            return _report({case.name: _cost(shop, case, options.requests) for case in CASES})


def fill(products: int) -> None:
    """Copy demo products until there are so many, with stock everywhere. Runs in the shop."""
    from django.db import connection

    from catalog.models import Product

    kept = [
        f.column for f in Product._meta.local_concrete_fields
        if not f.generated and f.column not in {"id", "sku", "barcode", "gtin14"}
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")  # half a million rows
        cursor.execute(
            COPY.format(columns=", ".join(map(str, kept))),
            [max(0, products - Product.objects.count())],
        )
        cursor.execute(STOCK)
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("RESET statement_timeout")


def _cost(shop: ServedShop, case: Case, requests: int) -> float:
    """Milliseconds of CPU for one request, the best of three rounds."""
    product, category, token = _known(shop)
    path = case.path.replace("{id}", str(product)).replace("{category}", str(category))
    number_of = itertools.count(1000)
    headers = {"Accept-Language": "en", "Content-Type": "application/json"}
    body = None
    if case.body is not None:
        body = json.dumps({**case.body, "product_id": product})
        headers["Authorization"] = f"Bearer {token}"
    rounds = []
    if "{n}" in path:
        requests = max(1, requests // 6)  # dear, and as telling
    for number in range(4):
        if body is not None:
            shop.ask("DELETE", "/api/v1/cart", headers)
        begun = shop.spent()
        connection = shop.connect()
        for _ in range(requests if number else 20):
            address = path.replace("{n}", str(next(number_of)))
            connection.request("POST" if body else "GET", address, body, headers)
            response = connection.getresponse()
            response.read()
            if response.status >= 400:
                raise SystemExit(f"{path} answered {response.status}")
        rounds.append((shop.spent() - begun) * 1000 / requests)
    return min(rounds[1:])


def _known(shop: ServedShop) -> tuple[int, int, str]:
    found = shop.ask("GET", "/api/v1/products/search?limit=1&inStock=true&sort=name", {})["data"][0]
    body = json.dumps({"email": "ada@mami.test", "password": "mami-demo-1"})
    login = shop.ask("POST", "/api/v1/auth/login", {"Content-Type": "application/json"}, body)
    return found["id"], found["category_id"], login["data"]["access_token"]


def _report(costs: dict[str, float]) -> int:
    failed = 0
    for case in CASES:
        line = f"{case.name:<28} {costs[case.name]:6.2f} ms"
        if case.beside:
            ratio = costs[case.name] / costs[case.beside]
            line += f"  {ratio:5.2f} × {case.beside}"
            if case.allowed:
                failed += ratio > case.allowed
                line += f" (allowed {case.allowed})  {'✗' if ratio > case.allowed else '✓'}"
        print(line)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
