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
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import psycopg

from runtime.run.tests.conftest import patience
from tests.deploy import networks
from tests.deploy.ha_cluster import CHECKOUT, NAMES, HaCluster, Node, install_patroni, until
from tests.drills.__main__ import _open_database
from tests.drills.running_shop import SECRET_KEY, BareShop, standing
from tests.drills.shoppers import Crowd, DrillData, Ledger, write_drill_data
from tests.drills.verdicts import judge, until_quiet

SHOPPERS = 20
KILLED_SECONDS, GONE_SECONDS, FROZEN_SECONDS, CUT_SECONDS = 10.0, 30.0, 25.0, 40.0
ETCD_SECONDS, PAUSE_SECONDS = 14.0, 5.0


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is done to the primary, and how it is put back `lasts` seconds later.

    `witness`: it is not dead, so somebody goes on writing to it alone, and must not be told "yes".
    """

    name: str
    strike: Callable[[Node], None]
    after: Callable[[Node], None]
    limit: float
    lasts: float = 0.0
    witness: bool = False


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

    def suffer(self, fault: Fault) -> None:
        """Strike the primary, wait for the next order, put it back, and wait for it to follow."""
        before = len(self.ledger.successes)
        until(lambda: len(self.ledger.successes) > before + 10, seconds=60, why="orders before")
        primary = self.cluster.primary()
        assert primary is not None
        with Witness(primary) if fault.witness else nullcontext() as witness:
            fault.strike(primary)
            instant = time.monotonic()
            back = until(
                lambda: self.ledger.first_after(instant),
                seconds=4 * fault.limit,
                why=f"an order after {fault.name}",
            )
            print(f"  {fault.name:52} next order after {back:5.1f} s", flush=True)
            if back > fault.limit * patience():
                self.wrong.append(f"{fault.name}: {back:.1f} s")
            time.sleep(max(0.0, fault.lasts - (time.monotonic() - instant)))
            fault.after(primary)
            until(
                self.cluster.is_whole, seconds=90, why=f"the old one following after {fault.name}"
            )
            rejoined = time.monotonic() - instant - fault.lasts
        if witness is not None:
            told = witness.told_after(instant)
            print(f"  {'':52} acknowledged by the old primary: {told}", flush=True)
            if told:
                self.wrong.append(f"{fault.name}: the old primary acknowledged {told} more")
        print(f"  {'':52} it follows after {rejoined:5.1f} s", flush=True)

    def lose_etcd(self) -> None:
        """Two of three, for 14 seconds: nobody is demoted, nobody waits."""
        primary, began = self.cluster.primary(), time.monotonic()
        self.cluster.lose_etcd()
        time.sleep(ETCD_SECONDS)
        self.cluster.mend_etcd()
        answered = [began, *(done for _, done in self.ledger.successes if done > began)]
        longest = max(later - earlier for earlier, later in pairwise(answered))
        name = f"two of three etcd killed for {ETCD_SECONDS:.0f} s"
        print(f"  {name:52} longest pause {longest:5.1f} s", flush=True)
        until(self.cluster.is_whole, seconds=60, why="everybody following again")
        if longest > PAUSE_SECONDS * patience() or self.cluster.primary() is not primary:
            self.wrong.append(f"{name}: {longest:.1f} s, or another primary")


class Witness:
    """Writes to one node alone, whatever it has become, and notes what it was told is written."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.told: list[float] = []
        """When each was sent that was acknowledged."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)

    def __enter__(self) -> Witness:
        self._thread.start()
        until(lambda: len(self.told) > 3, seconds=20, why="a primary that takes what is written")
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)

    def told_after(self, instant: float) -> int:
        """How much that was sent after that instant; what was under way may be told a moment later."""
        return sum(sent > instant for sent in self.told)

    def _write(self) -> None:
        while not self._over.wait(0.1):
            with suppress(psycopg.Error), psycopg.connect(self.node.url(), autocommit=True) as line:
                line.execute("CREATE TABLE IF NOT EXISTS witnessed (at timestamptz)")
                while not self._over.wait(0.05):
                    sent = time.monotonic()
                    line.execute("INSERT INTO witnessed VALUES (now())")
                    self.told.append(sent)


def kill_postgres(node: Node) -> None:
    os.kill(node.postmaster(), signal.SIGKILL)


def kill_both(node: Node) -> None:
    node.signal(signal.SIGKILL, patroni=True, postgres=True)
    assert node.process is not None
    node.process.wait()


def freeze_postgres(node: Node) -> None:
    node.signal(signal.SIGSTOP, patroni=False, postgres=True)


def freeze(node: Node) -> None:
    node.signal(signal.SIGSTOP, patroni=True, postgres=True)


def thaw(node: Node) -> None:
    node.signal(signal.SIGCONT, patroni=True, postgres=True)


def cut_off(node: Node) -> None:
    assert node.cluster.network is not None
    node.cluster.network.cut_off(node.name)


def mend(node: Node) -> None:
    assert node.cluster.network is not None
    node.cluster.network.mend(node.name)


def pull(node: Node) -> None:
    assert node.cluster.network is not None
    node.cluster.network.pull(node.name)


def plug(node: Node) -> None:
    assert node.cluster.network is not None
    node.cluster.network.plug(node.name)


def nothing(node: Node) -> None:
    """Patroni starts its PostgreSQL by itself."""


def start_again(node: Node) -> None:
    node.start()


KILLED = Fault(
    name="kill -9 of PostgreSQL", strike=kill_postgres, after=nothing, limit=KILLED_SECONDS
)
FROZEN = Fault(
    name="both frozen for 25 s, then thawed",
    strike=freeze, after=thaw, limit=GONE_SECONDS, lasts=FROZEN_SECONDS, witness=True,
)  # fmt: skip
CUT_OFF = Fault(
    name="cut off from etcd and its fellows for 40 s",
    strike=cut_off, after=mend, limit=GONE_SECONDS, lasts=CUT_SECONDS, witness=True,
)  # fmt: skip
GONE = Fault(
    name="its cable pulled for 40 s",
    strike=pull, after=plug, limit=GONE_SECONDS, lasts=CUT_SECONDS,
)  # fmt: skip
LONG = (
    KILLED,
    Fault(
        name="kill -9 of PostgreSQL and Patroni",
        strike=kill_both, after=start_again, limit=GONE_SECONDS,
    ),
    Fault(
        name="PostgreSQL alone frozen for 25 s, then thawed",
        strike=freeze_postgres, after=thaw, limit=GONE_SECONDS, lasts=FROZEN_SECONDS, witness=True,
    ),
    FROZEN,
    CUT_OFF,
    GONE,
)  # fmt: skip
NEEDS_NETWORK = (CUT_OFF, GONE)
SHORT = (KILLED, FROZEN, CUT_OFF)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.deploy.failover")
    parser.add_argument(
        "--long", action="store_true", help="every fault, not the three of the short form"
    )
    long = parser.parse_args().long
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and take everything down on the way
    base = Path(tempfile.mkdtemp(prefix="mami-failover-"))
    base.chmod(0o755)
    for name in ("var", "cluster"):
        (base / name).mkdir(mode=0o755)
    network = networks.Network(NAMES) if networks.usable() else None
    try:
        cluster = HaCluster(base / "cluster", install_patroni(base / "patroni"), network=network)
        try:
            wrong = _drill(cluster, base / "var", long=long)
        except AssertionError:
            print(cluster.said())
            raise
        finally:
            cluster.end()
    finally:
        if network is not None:
            network.end()
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
    for fault in LONG if long else SHORT:
        if fault in NEEDS_NETWORK and drill.cluster.network is None:
            print(f"  NOT DONE: {fault.name}; that needs root, ip and setpriv")
        else:
            drill.suffer(fault)
    if long:
        drill.lose_etcd()


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
    until(
        lambda: len(_behind(primary)) == len(others),
        seconds=60,
        why="both others receiving",  # one that is about to would hear everything later
    )

    def act() -> None:
        deaf = [pid for node in others for pid in node.postgres("walreceiver")]
        for pid in deaf:
            os.kill(pid, signal.SIGSTOP)
        # What is acknowledged from now on may have been written before: only what is sent now is not.
        deaf_since = time.monotonic()
        until(
            lambda: sum(sent > deaf_since for sent, _ in drill.ledger.successes) > 5,
            seconds=60,
            why="orders meanwhile",
        )
        behind = _behind(primary)
        kill_both(primary)  # and it never comes back
        for pid in deaf:
            os.kill(pid, signal.SIGKILL)
        told = " and ".join(f"{each / 1024:.0f} kB" for each in behind)
        print(f"  control, asynchronous: the others were {told} behind when it died", flush=True)

    drill.shop(act)
    until(cluster.primary, seconds=60, why="a new primary")
    return _missing(drill.ledger)


def _behind(primary: Node) -> list[int]:
    """How many bytes of what the primary wrote each of those that follow it has not on its disk."""
    with psycopg.connect(primary.url(), autocommit=True) as office:
        found = office.execute(
            "SELECT pg_current_wal_flush_lsn() - flush_lsn FROM pg_stat_replication WHERE state = 'streaming'"
        )
        return [int(each) for (each,) in found]


def _missing(ledger: Ledger) -> int:
    from django.apps import apps
    from django.db import connection

    connection.close()
    numbers = {row["order_number"] for row in ledger.rows("order")}
    orders = apps.get_model("orders", "Order").objects.filter(order_number__in=numbers)
    return len(numbers) - orders.count()


if __name__ == "__main__":
    sys.exit(main())
