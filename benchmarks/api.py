"""What a call of the JSON API costs, beside a bare view over the same table.

`python -m benchmarks.api [--products 5000] [--requests 300]` opens a shop of its own in a temporary
folder and measures the CPU time of its web processes and its database for each request, in one run
on one gunicorn. Exit code 1 when a ratio is above what is allowed.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PORT = 8791
ROOT = Path(__file__).resolve().parent.parent
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
    """A call, and how many times the cost of `beside` it may have."""

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
    Case("adding to the basket", "/api/v1/cart/items", "bare detail", 4, {"product_id": 0, "quantity": 1}),
]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--products", type=int, default=5000)
    parser.add_argument("--requests", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mami-bench-") as folder:
        Path(folder).chmod(0o755)  # the database's own account must reach its folder
        environment = {
            **os.environ, "MAMI_VAR": folder, "MAMI_DEMO": "1", "MAMI_EMBEDDED": "1", "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "benchmarks.api_settings", "DATABASE_URL": "", "PORT": str(PORT),
        }  # fmt: skip
        _manage(environment, "db", "start")
        try:
            _manage(environment, "migrate", "--verbosity", "0")
            _manage(environment, "seed")
            _manage(environment, "shell", "-c", _filling(options.products))
            return _measured(environment, Path(folder), options.requests)
        finally:
            _manage(environment, "db", "stop")


def _manage(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def _filling(products: int) -> str:
    return f"from benchmarks.api import fill; fill({products})"


def fill(products: int) -> None:
    """Copy demo products until there are so many, with stock everywhere. Runs in the shop."""
    from django.db import connection

    from catalog.models import Product

    kept = [
        f.column for f in Product._meta.local_concrete_fields
        if f.column not in {"id", "sku", "barcode", "unit_price"}
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            COPY.format(columns=", ".join(map(str, kept))),
            [max(0, products - Product.objects.count())],
        )
        cursor.execute(STOCK)
        cursor.execute("ANALYZE")


def _measured(environment: dict[str, str], folder: Path, requests: int) -> int:
    web = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "mami.wsgi"],
        cwd=ROOT, env=environment,
    )  # fmt: skip
    try:
        _wait()
        database = int((folder / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        spent: Callable[[], float] = lambda: _cpu(web.pid) + _cpu(database)  # noqa: E731
        return _report({case.name: _cost(case, requests, spent) for case in CASES})
    finally:
        web.send_signal(signal.SIGTERM)
        web.wait(20)


def _cost(case: Case, requests: int, spent: Callable[[], float]) -> float:
    """Milliseconds of CPU for one request, the best of three rounds."""
    product, category, token = _known()
    path = case.path.format(id=product, category=category)
    headers = {"Accept-Language": "en", "Content-Type": "application/json"}
    body = None
    if case.body is not None:
        body = json.dumps({**case.body, "product_id": product})
        headers["Authorization"] = f"Bearer {token}"
    rounds = []
    for number in range(4):
        if body is not None:
            _call("DELETE", "/api/v1/cart", headers)
        begun = spent()
        connection = http.client.HTTPConnection("127.0.0.1", PORT)
        for _ in range(requests if number else 20):
            connection.request("POST" if body else "GET", path, body, headers)
            response = connection.getresponse()
            response.read()
            if response.status >= 400:
                raise SystemExit(f"{path} answered {response.status}")
        rounds.append((spent() - begun) * 1000 / requests)
    return min(rounds[1:])


def _known() -> tuple[int, int, str]:
    found = _call("GET", "/api/v1/products/search?limit=1&inStock=true&sort=name", {})["data"][0]
    body = json.dumps({"email": "ada@mami.test", "password": "mami-demo-1"})
    login = _call("POST", "/api/v1/auth/login", {"Content-Type": "application/json"}, body)
    return found["id"], found["category_id"], login["data"]["access_token"]


def _call(method: str, path: str, headers: dict[str, str], body: str | None = None) -> dict:
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    connection.request(method, path, body, headers)
    return json.loads(connection.getresponse().read())


def _wait() -> None:
    for _ in range(200):
        try:
            _call("GET", "/api/v1/health", {})
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the shop did not open")


def _cpu(root: int) -> float:
    """Seconds of CPU of a process, its children and its ended children."""
    total, parents = 0.0, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = (int(fields[1]), fields)
    for pid, (parent, fields) in parents.items():
        if pid == root or parent == root:
            total += sum(int(f) for f in fields[11:13])
        if pid == root:
            total += sum(int(f) for f in fields[13:15])
    return total / TICK


def _report(costs: dict[str, float]) -> int:
    failed = 0
    for case in CASES:
        line = f"{case.name:<28} {costs[case.name]:6.2f} ms"
        if case.beside:
            ratio = costs[case.name] / costs[case.beside]
            failed += ratio > case.allowed
            line += f"  {ratio:4.2f} × {case.beside} (allowed {case.allowed})"
            line += "  ✗" if ratio > case.allowed else "  ✓"
        print(line)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
