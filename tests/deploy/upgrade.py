"""D16: a new version under traffic: `make drill-upgrade FROM=<ref>`.

The release FROM serves on two nodes behind nginx while people read and order. Meanwhile this checkout's
migrations run, then one node after the other is started anew from it. Nothing that is read may fail, and no
order may wait longer than three seconds for its answer. The control holds a table for five seconds, as a
careless migration would.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

from runtime.run.tests.conftest import patience
from tests.deploy.front import Nginx, WebNode
from tests.deploy.ha_cluster import PASSWORD
from tests.deploy.rolling import Traffic
from tests.deploy.server import Server
from tests.drills.__main__ import _open_database
from tests.drills.running_shop import CHECKOUT, SECRET_KEY
from tests.drills.shoppers import DrillData, Ledger, Person
from tests.drills.verdicts import judge

LONGEST_PAUSE, HELD_SECONDS = 3.0, 5.0
# By the release that serves: another one's models may ask for columns that are not there yet.
WRITE = """
import dataclasses, json, django
django.setup()
from tests.drills.shoppers import write_drill_data
data = write_drill_data(customers=60, products=4)
print(json.dumps({"customers": [dataclasses.asdict(one) for one in data.customers],
                  "products": data.products, "branch": data.branch}))
"""


class Timed(Traffic):
    """It remembers the slowest answer to an order."""

    slowest = 0.0

    def _buy(self, who: Person, key: str) -> None:
        began = time.monotonic()
        super()._buy(who, f"{key}-{id(self)}")  # another crowd's keys are other orders'
        self.slowest = max(self.slowest, time.monotonic() - began)


def main(ref: str) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and take everything down on the way
    base = Path(tempfile.mkdtemp(prefix="mami-upgrade-"))
    base.chmod(0o755)
    for name in ("var", "nginx", "server"):
        (base / name).mkdir(mode=0o755)
    former = base / "former"
    subprocess.run(
        ["git", "worktree", "add", "--quiet", "--detach", former, ref], cwd=CHECKOUT, check=True
    )
    (former / ".venv").symlink_to(CHECKOUT / ".venv")
    server = Server(base / "server")
    try:
        server.control("start")
        wrong = _drill(server, former, base / "var", base / "nginx")
    finally:
        server.control("stop")
        subprocess.run(["git", "worktree", "remove", "--force", former], cwd=CHECKOUT, check=False)
        shutil.rmtree(base, ignore_errors=True)
    for line in wrong:
        print(f"  WRONG  {line}")
    print("upgrade: " + ("FAILED" if wrong else "passed"))
    return 1 if wrong else 0


def _drill(server: Server, former: Path, var: Path, front: Path) -> list[str]:
    with server.connect() as office:
        office.execute(f"CREATE ROLE mami LOGIN PASSWORD '{PASSWORD}'")
        office.execute("CREATE DATABASE mami OWNER mami")
    url = f"postgresql://mami:{PASSWORD}@127.0.0.1:{server.port}/mami"
    around = {
        **os.environ, "MAMI_VAR": str(var), "DATABASE_URL": url, "SECRET_KEY": SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "mami.settings", "MAMI_DEMO": "0", "MAMI_REHEARSAL": "1",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
    }  # fmt: skip
    _manage(former, around, "migrate", "--verbosity", "0")
    _manage(former, around, "collectstatic", "--noinput", "--verbosity", "0")
    told = subprocess.run(
        [sys.executable, "-c", WRITE],
        cwd=former,
        env=around,
        check=True,
        capture_output=True,
        text=True,
    )
    data = _data(json.loads(told.stdout.splitlines()[-1]))
    ledger = Ledger(path=var / "acked.jsonl")
    nodes = [WebNode(var, checkout=former, DATABASE_URL=url) for _ in range(2)]
    try:
        for node in nodes:
            node.until_ready()
        nginx = Nginx(front, var, [node.port for node in nodes])
        try:
            wrong = _upgrade(nginx, nodes, data, ledger, around)
            if wrong:
                print((front / "nginx.log").read_text()[-3000:])
            _open_database(var, DATABASE_URL=url, SECRET_KEY=SECRET_KEY, MAMI_REHEARSAL="1")
            wrong += judge(ledger, whole=False)  # before the control, whose orders nobody finishes
            wrong += _control(server, nginx, data, ledger)
        finally:
            nginx.end()
    finally:
        for node in nodes:
            node.end()
    return wrong


def _manage(checkout: Path, around: dict[str, str], *command: str) -> None:
    subprocess.run([sys.executable, "manage.py", *command], cwd=checkout, env=around, check=True)


def _data(told: dict[str, list[int]]) -> DrillData:
    people = [Person(**one) for one in told["customers"]]  # type: ignore[arg-type]
    return DrillData(
        shop=SimpleNamespace(), customers=people, manager=people[0], products=told["products"],
        slots=[], branch=told["branch"],  # type: ignore[arg-type]
    )  # fmt: skip


def _upgrade(
    nginx: Nginx, nodes: list[WebNode], data: DrillData, ledger: Ledger, around: dict[str, str]
) -> list[str]:
    with Timed(nginx, data, ledger) as traffic:
        time.sleep(3)
        began = time.monotonic()
        _manage(CHECKOUT, around, "migrate", "--verbosity", "0")
        print(f"  migrations: {time.monotonic() - began:.1f} s", flush=True)
        _manage(CHECKOUT, around, "collectstatic", "--noinput", "--verbosity", "0")
        codes = []
        for node in nodes:
            node.checkout = CHECKOUT
            codes.append(node.restart())
        time.sleep(3)
    orders = len(ledger.rows("order"))
    print(
        f"  {traffic.asked} requests, {orders} orders, {len(traffic.failed)} failed, "
        f"slowest order {traffic.slowest:.1f} s",
        flush=True,
    )
    wrong = [f"exit {code} of a node" for code in codes if code] + traffic.failed[:10]
    if traffic.slowest > LONGEST_PAUSE * patience():
        wrong.append(f"an order waited {traffic.slowest:.1f} s")
    return wrong if orders >= 10 else [*wrong, f"only {orders} orders"]


def _control(server: Server, nginx: Nginx, data: DrillData, ledger: Ledger) -> list[str]:
    """Orders wait while somebody holds their table; what is then refused is no part of the figures."""
    with (
        Timed(nginx, data, ledger) as traffic,
        server.connect(database="mami") as careless,
        careless.transaction(),
    ):
        careless.execute("LOCK TABLE orders_order IN ACCESS EXCLUSIVE MODE")
        time.sleep(HELD_SECONDS * patience())
    paused = traffic.slowest > LONGEST_PAUSE or bool(traffic.failed)
    print(f"  control, the table held: slowest order {traffic.slowest:.1f} s", flush=True)
    return [] if paused else ["the control passed: a table that is held makes no order wait"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
