"""D12: copies and their way back, while people shop: `python -m tests.deploy.way_back`.

A copy is made and proven under 20 shoppers. Then every order is deleted, and pgBackRest's base backup and
archive bring the shop back to the instant before: every row as it was. The control asks for the instant
after, and must fail.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from runtime.run.tests.conftest import patience
from tests.deploy.ha_cluster import CHECKOUT, PASSWORD, until
from tests.deploy.programs import needed
from tests.deploy.server import Server, archive_into
from tests.drills.__main__ import _open_database
from tests.drills.running_shop import SECRET_KEY, BareShop, standing
from tests.drills.shoppers import Crowd, DrillData, Ledger, write_drill_data
from tests.drills.verdicts import judge, until_quiet

SHOPPERS = 20


class WayBack:
    def __init__(self, server: Server, pgbackrest: str, around: dict[str, str], var: Path) -> None:
        self.server, self.pgbackrest, self.around, self.var = server, pgbackrest, around, var
        self.wrong: list[str] = []

    def manage(self, *command: str, fails: bool = False) -> None:
        """Run a command of the operator's and print what it says."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command], cwd=CHECKOUT, env=os.environ | self.around,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        print(f"  manage.py {' '.join(command)}: exit {done.returncode}", flush=True)
        print(
            "".join(f"    {line}\n" for line in (done.stdout + done.stderr).splitlines()[-9:]),
            end="",
        )
        if bool(done.returncode) != fails:
            self.wrong.append(f"manage.py {command[0]}: exit {done.returncode}")

    def under_load(self, data: DrillData, ledger: Ledger, port: int) -> None:
        """A copy is proven, and a base backup made, while people order."""
        crowd = Crowd(port=port, data=data, ledger=ledger, shoppers=SHOPPERS)
        crowd.start()
        try:
            self._orders(ledger, 10)
            self.manage("restore_drill")
            self.server.run(
                self.pgbackrest, "--stanza=mami", "--type=full", "backup", **self.around
            )
            self._orders(ledger, 10)
        finally:
            crowd.stop()

    def lose_everything(self) -> tuple[str, str, Path]:
        """Delete every order; an instant before, one after, and what stood there before."""
        counts = self.var / "counts.json"
        self.manage("backup", "--counts", str(counts))
        with self.server.connect(database="mami") as shop:
            before = self._now(shop)
            shop.execute("SET session_replication_role TO 'replica'")
            gone = shop.execute("DELETE FROM orders_order").rowcount
            after = self._now(shop)
            shop.execute("CREATE TABLE later (what text)")
            shop.execute("SELECT pg_switch_wal()")
            until(
                lambda: shop.execute(
                    "SELECT last_archived_time > %s::timestamptz FROM pg_stat_archiver", [after]
                ).fetchone() == (True,),
                seconds=60, why="the log in the archive",
            )  # fmt: skip
        print(f"  {gone} orders deleted", flush=True)
        return before, after, counts

    @staticmethod
    def _now(shop: object) -> str:
        row = shop.execute("SELECT clock_timestamp()::text").fetchone()  # type: ignore[attr-defined]
        return str(row[0])

    @staticmethod
    def _orders(ledger: Ledger, more: int) -> None:
        before = len(ledger.rows("order"))
        until(lambda: len(ledger.rows("order")) >= before + more, seconds=90, why="orders")


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and take everything down on the way
    pgbackrest = needed("pgbackrest")
    base = Path(tempfile.mkdtemp(prefix="mami-way-back-"))
    base.chmod(0o755)
    for name in ("var", "server"):
        (base / name).mkdir(mode=0o755)
    server = Server(base / "server")
    try:
        around = archive_into(server, pgbackrest)
        server.control("start", **around)
        server.run(pgbackrest, "--stanza=mami", "stanza-create", **around)
        wrong = _drill(WayBack(server, pgbackrest, around, base / "var"))
    finally:
        server.control("stop")
        shutil.rmtree(base, ignore_errors=True)
    for line in wrong:
        print(f"  WRONG  {line}")
    print("way back: " + ("FAILED" if wrong else "passed"))
    return 1 if wrong else 0


def _drill(drill: WayBack) -> list[str]:
    server, var = drill.server, drill.var
    with server.connect() as office:
        office.execute(f"CREATE ROLE mami LOGIN PASSWORD '{PASSWORD}'")
        office.execute("CREATE DATABASE mami OWNER mami")
    url = f"postgresql://mami:{PASSWORD}@127.0.0.1:{server.port}/mami"
    _open_database(
        var, DATABASE_URL=url, SECRET_KEY=SECRET_KEY, BACKUP_RECIPIENTS="", MAMI_REHEARSAL="1",
        ALLOWED_HOSTS="127.0.0.1,localhost", LOG_LEVEL="ERROR",
    )  # fmt: skip
    drill.manage("migrate", "--verbosity", "0")
    data = write_drill_data(customers=60, products=20)
    ledger = Ledger(path=var / "acked.jsonl")
    with standing(BareShop(var, url, PAYMENT_TIMEOUT_SECONDS="2")) as running:
        drill.under_load(data, ledger, running.port)
        _, left = until_quiet(seconds=90 * patience())
        wrong = [*left, *judge(ledger, whole=False)]
    from django.db import connection

    connection.close()
    before, after, counts = drill.lose_everything()
    drill.manage("restore_drill", "--at", before, "--counts", str(counts))
    print("  control, an instant later:", flush=True)
    drill.manage("restore_drill", "--at", after, "--counts", str(counts), fails=True)
    return [*wrong, *drill.wrong]


if __name__ == "__main__":
    sys.exit(main())
