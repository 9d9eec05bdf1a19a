"""D8 and D10 behind nginx: `python -m tests.deploy.rolling DATABASE_URL`, on an empty database.

Two nodes are restarted one after the other while people shop: nothing fails. Then hundreds of slow
clients come, and everybody else is served as before. The control for the restarts is a node that is
killed instead.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from runtime.run.tests.conftest import patience, until
from tests.deploy.certificates import certificate
from tests.deploy.front import Nginx, WebNode, drip
from tests.drills.__main__ import _open_database
from tests.drills.running_shop import CHECKOUT, SECRET_KEY
from tests.drills.shoppers import DrillData, Ledger, Person, write_drill_data
from tests.drills.verdicts import judge

READERS, ORDERERS = 9, 1
LEAST = 600


@dataclass
class Traffic:
    """About 20 requests a second, more than one of which is an order."""

    nginx: Nginx
    data: DrillData
    ledger: Ledger
    asked: int = 0
    failed: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Traffic:
        work = [self._read] * READERS + [self._order] * ORDERERS
        self._threads = [threading.Thread(target=one, daemon=True) for one in work]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def _ask(self, method: str, path: str, body: object = None, **headers: str) -> bytes:
        self.asked += 1
        try:
            status, _, answer = self.nginx.asks(
                method,
                path,
                None if body is None else json.dumps(body),
                {"Host": "shop.mami.test", "Content-Type": "application/json", **headers},
            )
        except OSError as error:
            self.failed.append(f"{method} {path}: {type(error).__name__}")
            return b""
        if status >= 500 or status == 429:
            self.failed.append(f"{method} {path}: {status} {answer[:80]!r}")
        return answer if status < 300 else b""

    def _read(self) -> None:
        while not self._over.wait(0.5):
            self._ask("GET", f"/api/v1/products/{self.data.products[0]}")

    def _order(self) -> None:
        turn = 0
        # All come from one address, from which 120 orders a minute are taken.
        while not self._over.wait(0.6):
            turn += 1
            self._buy(self.data.customers[turn % len(self.data.customers)], f"rolling-{turn}")

    def _buy(self, who: Person, key: str) -> None:
        bearer = {"Authorization": f"Bearer {who.token}"}
        product = {"product_id": self.data.products[1], "quantity": 1}
        self._ask("POST", "/api/v1/cart/items", product, **bearer)
        wanted = {"fulfillment_type": "PICKUP", "branch_id": self.data.branch}
        sent = time.monotonic()
        answer = self._ask(
            "POST", "/api/v1/checkout/confirm", wanted, **bearer, **{"Idempotency-Key": key}
        )
        if answer:
            told = json.loads(answer)["data"]
            self.ledger.acknowledge(
                sent=sent, kind="order", user=who.id, key=key,
                order_number=told["order_number"], total=told["total_paid"],
            )  # fmt: skip


def main(database_url: str) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and take everything down on the way
    base = Path(tempfile.mkdtemp(prefix="mami-front-"))
    base.chmod(0o755)
    var, front = base / "var", base / "nginx"
    for folder in (var, front):
        folder.mkdir()
    try:
        wrong = _drill(database_url, var, front)
    finally:
        shutil.rmtree(base, ignore_errors=True)
    for line in wrong:
        print(f"  WRONG  {line}")
    print("front: " + ("FAILED" if wrong else "passed"))
    return 1 if wrong else 0


def _drill(database_url: str, var: Path, front: Path) -> list[str]:
    _open_database(var, DATABASE_URL=database_url, SECRET_KEY=SECRET_KEY)
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        cwd=CHECKOUT,
        check=True,
    )
    data = write_drill_data(customers=60, products=4)
    shown = certificate(front.parent / "tls", "mami-web")
    encrypted = {"TLS_CERTIFICATE": str(shown.certificate), "TLS_KEY": str(shown.key)}
    nodes = [WebNode(var, DATABASE_URL=database_url, **encrypted) for _ in range(2)]
    try:
        for node in nodes:
            node.until_ready()
        nginx = Nginx(front, var, [node.port for node in nodes], nodes_ca=shown.ca)
        try:
            ledger = Ledger(path=var / "acked.jsonl")
            wrong = [
                *_said(nginx),
                *_rolling(nginx, nodes, data, ledger),
                *judge(ledger, whole=False),
                *_slow(nginx, data),
            ]
            return [*wrong, *_away(nginx, nodes)]
        finally:
            nginx.end()
    except AssertionError:
        for node in nodes:
            print(node.log.read_text()[-1500:])
        raise
    finally:
        for node in nodes:
            node.end()


def _rolling(nginx: Nginx, nodes: list[WebNode], data: DrillData, ledger: Ledger) -> list[str]:
    with Traffic(nginx, data, ledger) as traffic:
        codes = []
        while traffic.asked < LEAST or len(codes) < len(nodes):
            codes += [node.restart() for node in nodes]
    bought = len(ledger.rows("order"))
    print(
        f"  {traffic.asked} requests, {bought} orders, {len(codes)} restarts: "
        f"{len(traffic.failed)} failed",
        flush=True,
    )
    wrong = [f"exit {code} of a node" for code in codes if code]
    if bought < 20:
        wrong.append(f"only {bought} orders")
    return [*wrong, *traffic.failed[:10]]


def _slow(nginx: Nginx, data: DrillData, *, each: int = 300, seconds: float = 12) -> list[str]:
    ends = time.monotonic() + seconds * patience()  # on a slow machine nine hundred begin slowly
    slow = [
        threading.Thread(
            target=drip,
            args=(nginx,),
            kwargs={"kind": kind, "number": number, "ends": ends},
            daemon=True,
        )
        for number in range(each)
        for kind in ("idle", "head", "body")
    ]
    for thread in slow:
        thread.start()
    times, failures = [], 0
    while not times or time.monotonic() < ends:
        began = time.monotonic()
        try:
            status, _, _ = nginx.asks(
                "GET", f"/api/v1/products/{data.products[0]}", source="127.0.1.1"
            )
            failures += status != 200
        except OSError:
            failures += 1
        times.append(time.monotonic() - began)
        time.sleep(0.1)
    worst = sorted(times)[int(len(times) * 0.99)]
    print(
        f"  {len(slow)} slow clients: {failures} of {len(times)} failed, p99 {worst:.3f} s",
        flush=True,
    )
    wrong = (
        [f"{failures} of {len(times)} failed beside slow clients"]
        if failures * 100 > len(times)
        else []
    )
    if worst > 0.5 * patience():
        wrong.append(f"p99 {worst:.2f} s beside slow clients")
    for thread in slow:
        thread.join(30)
    return wrong


def _said(nginx: Nginx) -> list[str]:
    """What the configuration promises, asked from outside."""
    wrong = []

    def holds(what: str, found: object, wanted: object) -> None:
        if found != wanted:
            wrong.append(f"{what}: {found!r} and not {wanted!r}")

    status, headers, body = nginx.asks("GET", "/api/v1/health")
    holds("health", (status, json.loads(body)["data"]["status"]), (200, "ok"))
    holds("names no version", headers.get("server", "nginx"), "nginx")
    for path in ("/metrics", "/health/live", "/health/ready"):
        holds(path, nginx.asks("GET", path)[0], 404)
    large = nginx.asks("POST", "/api/v1/auth/login", b"x" * 1_100_000)
    holds(
        "a large body", (large[0], json.loads(large[2])["error"]["code"]), (413, "BODY_TOO_LARGE")
    )
    page = nginx.asks("POST", "/account/login/", b"x" * 1_100_000)
    holds("a large form", (page[0], b"<h1>" in page[2]), (413, True))
    status, headers, body = nginx.asks("GET", "/")
    sheet = body.decode().partition("/static/css/")[2].partition('"')[0]
    status, headers, _ = nginx.asks("GET", f"/static/css/{sheet}")
    holds(
        "a hashed file",
        (status, headers.get("cache-control")),
        (200, "public, max-age=31536000, immutable"),
    )
    holds("no listing", nginx.asks("GET", "/static/css/")[0] in (403, 404), True)
    holds("no way out", nginx.asks("GET", "/static/..%2fsecret_key")[0] in (400, 404), True)
    # Whatever a client says of its address: one who lies counts as where they came from.
    guess = json.dumps({"email": "nobody@mami.test", "password": "wrong-password"})
    for number in range(31):
        lie = {"Content-Type": "application/json", "X-Forwarded-For": f"10.1.1.{number}"}
        last = nginx.asks("POST", "/api/v1/auth/forgot-password", guess, lie, source="127.0.0.99")
    holds("a forged address", last[0], 429)
    return wrong


def _away(nginx: Nginx, nodes: list[WebNode]) -> list[str]:
    """With nobody behind it: the envelope, and when to come back. Also the control of the restarts."""
    for node in nodes:
        node.end()
    # Their workers find out within a second or so that they are alone.
    until(lambda: nginx.asks("GET", "/api/v1/products")[0] == 502, seconds=10 * patience())
    status, headers, body = nginx.asks("GET", "/api/v1/products")
    told = (
        json.loads(body)["error"]["code"]
        if body.startswith(b"{")
        else body[:60].decode(errors="replace")
    )
    if (status, told, headers.get("retry-after")) != (502, "SERVICE_UNAVAILABLE", "5"):
        return [f"nobody behind it: {status} {told} {headers.get('retry-after')}"]
    status, headers, body = nginx.asks("GET", "/")
    return [] if status == 502 and "החנות" in body.decode() else [f"page without shop: {status}"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
