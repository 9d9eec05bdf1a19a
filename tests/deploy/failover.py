"""D14: shoppers order through the real checkout while the primary database is taken away.

`python -m tests.deploy.failover [--long]`. Ends with the judges of every drill; the control, which
replicates asynchronously, must lose what was acknowledged.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from runtime.run.tests.conftest import patience
from tests.deploy.ha_cluster import CHECKOUT, HaCluster, Node, install_patroni, until
from tests.drills.__main__ import _open_database
from tests.drills.running_shop import SECRET_KEY, BareShop, standing
from tests.drills.shoppers import Crowd, DrillData, Ledger, write_drill_data
from tests.drills.verdicts import judge, until_quiet

SHOPPERS = 20
KILLED_SECONDS, GONE_SECONDS, FROZEN_SECONDS = 10.0, 30.0, 25.0


class Failover:
    def __init__(self, cluster: HaCluster, data: DrillData, running: BareShop) -> None:
        self.cluster, self.data, self.running = cluster, data, running
        self.ledger = Ledger(path=running.var / "acked.jsonl")
        self.wrong: list[str] = []

    def shop(self, what: Callable[[], None]) -> None:
        crowd = Crowd(port=self.running.port, data=self.data, ledger=self.ledger, shoppers=SHOPPERS)
        crowd.start()
        try:
            what()
        finally:
            crowd.stop()

    def fault(
        self, name: str, strike: Callable[[Node], None], after: Callable[[Node], None], limit: float
    ) -> None:
        """Strike the primary, wait for the next order, put it back, and wait for it to follow."""
        before = len(self.ledger.successes)
        until(lambda: len(self.ledger.successes) > before + 10, seconds=60, why="orders before")
        primary = self.cluster.primary()
        assert primary is not None
        strike(primary)
        instant = time.monotonic()
        back = until(
            lambda: self.ledger.first_after(instant),
            seconds=4 * limit,
            why=f"an order after {name}",
        )
        print(f"  {name:45} next order after {back:5.1f} s", flush=True)
        if back > limit * patience():
            self.wrong.append(f"{name}: {back:.1f} s")
        rest = FROZEN_SECONDS - (time.monotonic() - instant)
        if after is thaw and rest > 0:
            time.sleep(rest)  # it must be frozen for longer than its lease
        after(primary)
        until(self.cluster.is_whole, seconds=90, why=f"the old primary following after {name}")


def kill_postgres(node: Node) -> None:
    os.kill(node.postmaster(), signal.SIGKILL)


def kill_both(node: Node) -> None:
    node.signal(signal.SIGKILL, patroni=True, postgres=True)
    assert node.process is not None
    node.process.wait()


def freeze(node: Node) -> None:
    node.signal(signal.SIGSTOP, patroni=True, postgres=True)


def thaw(node: Node) -> None:
    node.signal(signal.SIGCONT, patroni=True, postgres=True)


def nothing(node: Node) -> None:
    """Patroni starts its PostgreSQL by itself."""


def start_again(node: Node) -> None:
    node.start()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.deploy.failover")
    parser.add_argument(
        "--long", action="store_true", help="every fault, not the two of the short form"
    )
    long = parser.parse_args().long
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and take everything down on the way
    base = Path(tempfile.mkdtemp(prefix="mami-failover-"))
    base.chmod(0o755)
    for name in ("var", "cluster"):
        (base / name).mkdir(mode=0o755)
    try:
        cluster = HaCluster(base / "cluster", install_patroni(base / "patroni"))
        try:
            wrong = _drill(cluster, base / "var", long=long)
        except AssertionError:
            print(cluster.said())
            raise
        finally:
            cluster.end()
    finally:
        shutil.rmtree(base, ignore_errors=True)
    for line in wrong:
        print(f"  WRONG  {line}")
    print("failover: " + ("FAILED" if wrong else "passed"))
    return 1 if wrong else 0


def _drill(cluster: HaCluster, var: Path, *, long: bool) -> list[str]:
    url = cluster.make_database()
    environment = {"DATABASE_URL": url, "SECRET_KEY": SECRET_KEY}
    _open_database(var, **environment)
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=CHECKOUT, check=True
    )
    data = write_drill_data(customers=60, products=20)
    with standing(BareShop(var, url, PAYMENT_TIMEOUT_SECONDS="2")) as running:
        drill = Failover(cluster, data, running)
        drill.shop(lambda: _faults(drill, long=long))
        took, left = until_quiet(seconds=90 * patience())
        print(
            f"  untouched: {left or 'nothing pending'} after {took:.0f} s; {len(drill.ledger.rows('order'))} orders"
        )
        wrong = [*drill.wrong, *left, *judge(drill.ledger, whole=False)]
        lost = _control(drill)
        print(f"  control, asynchronous: {lost} acknowledged orders lost", flush=True)
        return wrong if lost else [*wrong, "the control passed: asynchronous lost nothing"]


def _faults(drill: Failover, *, long: bool) -> None:
    drill.fault("kill -9 of PostgreSQL", kill_postgres, nothing, KILLED_SECONDS)
    if long:
        drill.fault("kill -9 of PostgreSQL and Patroni", kill_both, start_again, GONE_SECONDS)
    drill.fault("both frozen for 25 s, then thawed", freeze, thaw, GONE_SECONDS)


def _control(drill: Failover) -> int:
    """The same without a synchronous standby, which lags when the primary dies: orders are lost."""
    cluster = drill.cluster
    cluster.configure(synchronous_mode=False, maximum_lag_on_failover=1 << 30)
    until(
        lambda: not any(node.is_synchronous() for node in cluster.nodes),
        seconds=30,
        why="asynchronous",
    )
    primary = cluster.primary()
    assert primary is not None
    others = [node for node in cluster.nodes if node is not primary]
    deaf = [pid for node in others for pid in node.postgres("walreceiver")]
    before = len(drill.ledger.rows("order"))

    def act() -> None:
        for pid in deaf:
            os.kill(pid, signal.SIGSTOP)
        until(
            lambda: len(drill.ledger.rows("order")) > before + 5, seconds=60, why="orders meanwhile"
        )
        kill_both(primary)
        for pid in deaf:
            os.kill(pid, signal.SIGKILL)

    drill.shop(act)
    until(cluster.primary, seconds=60, why="a new primary")
    return _missing(drill.ledger)


def _missing(ledger: Ledger) -> int:
    from django.apps import apps
    from django.db import connection

    connection.close()
    numbers = {row["order_number"] for row in ledger.rows("order")}
    orders = apps.get_model("orders", "Order").objects.filter(order_number__in=numbers)
    return len(numbers) - orders.count()


if __name__ == "__main__":
    sys.exit(main())
