"""D24: Redis, mail, the bank and the search engine go away in turn, while people look and order.

`python -m tests.deploy.neighbours DATABASE_URL`, on an empty database. Shelf and checkout go on as the tables
say, and the real Prometheus with the shipped rules tells the right thing of each; before, of none. Nobody ever
listens where the search engine should be (`make test-opensearch` kills a real one).
"""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import signal
import socketserver
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from runtime.run.tests.conftest import free_port, patience
from tests.deploy.ha_cluster import until
from tests.deploy.redis_server import Redis
from tests.deploy.watching import FOLDER, firing, prometheus, value_of
from tests.drills.__main__ import _open_database
from tests.drills.running_shop import SECRET_KEY, BareShop, standing
from tests.drills.shoppers import Connection, DrillData, Ledger, code_of, write_drill_data
from tests.drills.verdicts import judge, until_quiet

SEARCH = "/products/search?q=milk"
TOKEN = "figures-of-the-neighbours"
ANSWER_SECONDS, HARDLY_SECONDS, LOOKS, ORDERS = 8.0, 0.1, 60, 6


class Letters(socketserver.StreamRequestHandler):
    """As much of SMTP as it takes to be handed a letter."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        inside = False
        while line := self.rfile.readline():
            if inside:
                if line == b".\r\n":
                    inside = False
                    self.wfile.write(b"250 kept\r\n")
                continue
            inside = line.upper().startswith(b"DATA")
            self.wfile.write(b"354 go on\r\n" if inside else b"250 yes\r\n")


class MailServer:
    def __init__(self) -> None:
        self.port = free_port()
        self.start()

    def start(self) -> None:
        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", self.port), Letters)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Neighbours:
    def __init__(self, running: BareShop, data: DrillData, address: str) -> None:
        self.running, self.data, self.address = running, data, address
        self.ledger = Ledger(path=running.var / "acked.jsonl")
        self.wrong: list[str] = []
        self.turn = 0
        self.shelf = f"/catalog/products/{data.products[0]}"
        self.usual = self.look(paths=(self.shelf,))

    def without(
        self, name: str, leave: Callable[[], object], back: Callable[[], object], *, alert: str = "",
        orders_fail: bool = False,
    ) -> None:  # fmt: skip
        """Look and order while it is away; then it is back, and orders are taken again."""
        if alert and alert in firing(self.address):
            self.wrong.append(f"{name}: {alert} fired before")
        leave()
        try:
            p95 = self.look(paths=(self.shelf, SEARCH))
            slowest, taken = self.order(ORDERS)
            if alert:
                self.until_told(alert)
        finally:
            back()
        print(
            f"  without {name:18} p95 {p95 * 1000:4.0f} ms (usual {self.usual * 1000:.0f}), slowest answer to an"
            f" order {slowest:.1f} s, {taken} of {ORDERS} taken, {alert or 'no alert'}",
            flush=True,
        )
        if p95 > max(2 * self.usual, HARDLY_SECONDS * patience()):
            self.wrong.append(f"without {name} the shelf is slow: {p95:.2f} s")
        if slowest > ANSWER_SECONDS * patience():
            self.wrong.append(f"without {name} an order was answered after {slowest:.1f} s")
        if not orders_fail and taken < ORDERS:
            self.wrong.append(f"without {name} only {taken} of {ORDERS} orders were taken")
        until(lambda: self.order(1)[1] == 1, seconds=90, why=f"an order after {name} came back")

    def until_told(self, alert: str) -> None:
        """What an alert listens to is counted once more each time that somebody wants something."""

        def told() -> bool:
            self.search()
            self.order(1)
            return alert in firing(self.address)

        try:
            until(told, seconds=60, why=alert)
        except AssertionError:
            self.wrong.append(f"{alert} did not fire")

    def look(self, *, paths: Sequence[str]) -> float:
        """p95 of these."""
        line, times = Connection(self.running.port, None), []
        for _ in range(LOOKS):
            for path in paths:
                began = time.monotonic()
                status, _answer = line.send("GET", path)
                times.append(time.monotonic() - began)
                if status != 200:
                    self.wrong.append(f"{path} answered {status}")
        line.close()
        return statistics.quantiles(times, n=20)[-1]

    def search(self) -> None:
        line = Connection(self.running.port, None)
        line.send("GET", f"/products/search?q=milk{self.turn}")
        line.close()

    def order(self, times: int) -> tuple[float, int]:
        """The slowest answer, and how many were taken."""
        slowest, taken = 0.0, 0
        for _ in range(times):
            self.turn += 1
            who = self.data.customers[self.turn % len(self.data.customers)]
            line, key = Connection(self.running.port, who), f"neighbours-{self.turn}"
            body = {"fulfillment_type": "PICKUP", "branch_id": self.data.branch}
            with contextlib.suppress(OSError, http.client.HTTPException):
                line.send(
                    "POST", "/cart/items", {"product_id": self.data.products[1], "quantity": 1}
                )
                began = time.monotonic()
                status, answer = line.send("POST", "/checkout/confirm", body, key=key)
                slowest = max(slowest, time.monotonic() - began)
                if status == 201:
                    taken += 1
                    self._acknowledged(who.id, key, began, answer)
                elif not code_of(answer):
                    self.wrong.append(f"an order was answered {status}")
            line.close()
        return slowest, taken

    def _acknowledged(self, user: int, key: str, sent: float, answer: bytes) -> None:
        told = json.loads(answer)["data"]
        self.ledger.acknowledge(
            sent=sent, kind="order", user=user, key=key,
            order_number=told["order_number"], total=told["total_amount"],
        )  # fmt: skip


def nothing() -> None:
    """It never was there; nobody has searched before."""


def main(database_url: str) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and take everything down on the way
    base = Path(tempfile.mkdtemp(prefix="mami-neighbours-"))
    base.chmod(0o755)
    for name in ("var", "redis", "watching"):
        (base / name).mkdir(mode=0o755)
    try:
        wrong = _drill(database_url, base)
    finally:
        shutil.rmtree(base, ignore_errors=True)
    for line in wrong:
        print(f"  WRONG  {line}")
    print("neighbours: " + ("FAILED" if wrong else "passed"))
    return 1 if wrong else 0


def _drill(database_url: str, base: Path) -> list[str]:
    _open_database(base / "var", DATABASE_URL=database_url, SECRET_KEY=SECRET_KEY)
    data = write_drill_data(customers=60, products=4)
    with _everything(database_url, base) as (running, redis, mail, figures):
        ports = {"web": running.port, "worker": figures}
        # What takes five minutes of the same is told after two seconds of it.
        rules = (FOLDER / "alerts.yml").read_text().replace("for: 5m", "for: 2s")
        with prometheus(base / "watching", ports, token=TOKEN, rules=rules) as address:
            until(lambda: value_of("sum(up)", address) >= 2, seconds=60, why="both are seen")
            drill = Neighbours(running, data, address)
            drill.without("the search engine", nothing, nothing, alert="SearchFallingBack")
            drill.without("Redis", redis.end, redis.start)
            drill.without("mail", mail.end, mail.start, alert="MessagesFailing")
            drill.without("the bank", lambda: _bank("hang"), lambda: _bank(""),
                          alert="PaymentProviderDown", orders_fail=True)  # fmt: skip
            drill.without(
                "the search engine", lambda: None, lambda: None, alert="SearchFallingBack"
            )
            took, left = until_quiet(seconds=90 * patience())
            print(f"  untouched: {left or 'nothing pending'} after {took:.0f} s", flush=True)
            until(_no_letter_waits, seconds=180, why="every letter sent")
            return [*drill.wrong, *left, *judge(drill.ledger, whole=False)]


@contextmanager
def _everything(database_url: str, base: Path) -> Iterator[tuple[BareShop, Redis, MailServer, int]]:
    redis, mail, figures = Redis(base / "redis"), MailServer(), free_port()
    try:
        running = BareShop(
            base / "var", database_url, PAYMENT_TIMEOUT_SECONDS="2",
            REDIS_URL=f"redis://127.0.0.1:{redis.port}/0",
            EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_PORT=str(mail.port),
            SEARCH_OPENSEARCH_URL=f"http://127.0.0.1:{free_port()}",
            MAMI_METRICS_TOKEN=TOKEN, WORKER_METRICS=f"127.0.0.1:{figures}",
        )  # fmt: skip
        with standing(running):
            yield running, redis, mail, figures
    finally:
        redis.end()
        mail.end()


def _bank(mood: str) -> None:
    from django.conf import settings

    from payments.providers.sandbox_ledger import Ledger as Books

    Books(settings.SANDBOX_LEDGER).set_weather(mode=mood)


def _no_letter_waits() -> bool:
    from django.apps import apps
    from django.db import connection

    connection.close()
    return not apps.get_model("notifications", "Message").objects.filter(state="QUEUED").exists()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
