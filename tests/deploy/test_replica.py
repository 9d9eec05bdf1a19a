"""A replica that follows by streaming: what may be read there is, until it may not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import requests

from mami.state_figures import QUESTIONS, answered
from runtime.run.tests.conftest import patience
from tests.architecture.project import ROOT
from tests.deploy.front import WebNode, sign_in
from tests.deploy.ha_cluster import PASSWORD, account, until
from tests.deploy.server import Server
from tests.drills.running_shop import SECRET_KEY

pytestmark = [pytest.mark.deploy, pytest.mark.slow]
TOKEN = "figures-of-the-replica-test"
EMAIL, SECRET = "maya@mami.test", "gxkq-4-lemons"
WRITE_MANAGER = f"""
from accounts.models import Role, User
maya = User(email="{EMAIL}", full_name="Maya", role=Role.MANAGER)
maya.set_password("{SECRET}")
maya.save()
"""


class Follower(Server):
    """A copy of a server that follows it from then on."""

    def __init__(self, folder: Path, primary: Server) -> None:
        super().__init__(folder)
        shutil.rmtree(self.data)
        self.run(
            self.bin / "pg_basebackup", "-D", self.data, "-R", "-X", "stream", "-c", "fast", "--no-sync",
            "-d", f"postgresql://postgres:{PASSWORD}@127.0.0.1:{primary.port}/",
        )  # fmt: skip


class Office:
    """A manager in front of the office, and what the node counts of her reads."""

    def __init__(self, node: WebNode) -> None:
        self.url = f"http://127.0.0.1:{node.port}"
        self.visit = requests.Session()
        page = self.visit.get(f"{self.url}/account/login/", timeout=60)
        sign_in(self.visit, self.url, page=page.text, email=EMAIL, password=SECRET)

    def look(self, path: str = "/admin/audit/auditentry/") -> str:
        """Where that page was read: `replica`, or why at the primary; empty where nobody asks."""
        before = self.reads()
        page = self.visit.get(self.url + path, timeout=60, allow_redirects=False)
        assert page.status_code == 200, page.text[-500:]
        after = self.reads()
        return "".join(name for name in after if after[name] > before[name])

    def reads(self) -> dict[str, float]:
        told = requests.get(
            f"{self.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
        )
        found = re.findall(r'mami_replica_reads_total\{outcome="(\w+)"\} ([\d.]+)', told.text)
        return {name: float(count) for name, count in found}

    def write(self) -> None:
        """Anything that the manager sends may have written."""
        page = self.visit.post(
            f"{self.url}/language/", {"language": "en"}, timeout=60, allow_redirects=False
        )
        assert page.status_code < 500


@pytest.fixture
def servers() -> Iterator[tuple[Server, Follower]]:
    base = Path(tempfile.mkdtemp(prefix="mami-replica-"))
    base.chmod(0o755)
    for name in ("primary", "replica"):
        (base / name).mkdir(mode=0o755)
    primary = Server(base / "primary")
    primary.control("start")
    found: list[Server] = [primary]
    try:
        with primary.connect() as office:
            office.execute(f"CREATE ROLE mami LOGIN PASSWORD '{PASSWORD}'")
            office.execute("CREATE DATABASE mami OWNER mami")
        replica = Follower(base / "replica", primary)
        found.append(replica)
        replica.control("start")
        yield primary, replica
    finally:
        for server in found:
            subprocess.run(
                [server.bin / "pg_ctl", "-D", server.data, "-m", "immediate", "stop"],
                capture_output=True, cwd=base, **account(),
            )  # fmt: skip
        shutil.rmtree(base, ignore_errors=True)


def address(server: Server) -> str:
    return f"postgresql://mami:{PASSWORD}@127.0.0.1:{server.port}/mami"


@pytest.fixture
def office(servers: tuple[Server, Follower], tmp_path: Path) -> Iterator[Office]:
    primary, replica = servers
    environment = {
        "PATH": os.environ["PATH"], "MAMI_VAR": str(tmp_path), "MAMI_REHEARSAL": "1",
        "DATABASE_URL": address(primary), "SECRET_KEY": SECRET_KEY, "ALLOWED_HOSTS": "127.0.0.1",
    }  # fmt: skip
    for command in (
        ["migrate", "--verbosity", "0"],
        ["collectstatic", "--noinput", "--verbosity", "0"],
        ["shell", "-c", WRITE_MANAGER],
    ):
        subprocess.run(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True
        )
    node = WebNode(
        tmp_path, DATABASE_URL=address(primary), REPLICA_URL=address(replica),
        MAMI_METRICS_TOKEN=TOKEN, DATABASE_POOL_SIZE="4",
    )  # fmt: skip
    try:
        node.until_ready()
        yield Office(node)
    except BaseException:
        print(node.log.read_text()[-3000:])
        raise
    finally:
        node.end()


def test_standbys_are_told_by_whoever_may_see_them(servers: tuple[Server, Follower]) -> None:
    """Any role sees that somebody follows; how, only one with a right to it. No figure then, not zero."""
    primary, replica = servers
    question = next(one for one in QUESTIONS if "mami_db_standbys" in one.names)
    with psycopg.connect(address(primary), autocommit=True) as shop, primary.connect() as office:

        def told() -> dict[str, float]:
            return {name: value for name, _, value in answered(shop, question)}

        follows = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
        until(lambda: office.execute(follows).fetchone() == (1,), seconds=60, why="a follower")
        assert told() == {}
        office.execute("GRANT pg_read_all_stats TO mami")
        assert told()["mami_db_standbys"] == 0  # nobody waits for it yet
        office.execute("ALTER SYSTEM SET synchronous_standby_names TO '*'")
        office.execute("SELECT pg_reload_conf()")
        until(lambda: told()["mami_db_standbys"] == 1, seconds=60, why="a synchronous follower")
        replica.control("stop")
        until(lambda: told()["mami_db_standbys"] == 0, seconds=60, why="none, it has stopped")


def scans(server: psycopg.Connection) -> int:
    """How often the trail was looked up at that server."""
    row = server.execute(
        "SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) FROM pg_stat_user_tables"
        " WHERE relname = 'audit_auditentry'"
    ).fetchone()
    return 0 if row is None else int(row[0])


def test_lists_are_read_from_the_replica_while_it_is_fresh(
    servers: tuple[Server, Follower], office: Office
) -> None:
    primary, replica = servers

    def reads(where: str) -> bool:
        return office.look() == where

    # The sign-in has just written.
    assert office.look() in ("wrote", "behind")
    until(lambda: reads("replica"), seconds=60, why="the replica, ten seconds after the sign-in")
    with replica.connect(database="mami") as own:
        # Which a server tells of its tables some seconds later.
        until(lambda: scans(own) > 0, seconds=60, why="the trail, looked up at the replica")
    for path in ("/admin/", "/admin/payments/payment/settlement/", "/admin/orders/order/"):
        assert office.look(path) == "replica"
    # Stock, and what is no list, does not name it, or is the primary's whoever names it.
    assert office.look("/ops/") == ""
    assert office.look("/account/") == ""

    office.write()
    assert office.look() == "wrote"
    until(lambda: reads("replica"), seconds=60, why="the replica, ten seconds after the write")

    # It stands still, and the primary goes on.
    with replica.connect() as own, primary.connect(database="mami") as shop:
        own.execute("SELECT pg_wal_replay_pause()")
        shop.execute("CREATE TABLE meanwhile (n int)")
        until(lambda: reads("behind"), seconds=60, why="the primary, for the replica is behind")
        own.execute("SELECT pg_wal_replay_resume()")
    until(lambda: reads("replica"), seconds=60, why="the replica, which has caught up")

    # It dies in the middle: whoever is on the way there is answered by the primary.
    replica.control("stop")
    assert office.look() in ("failed", "behind")
    until(lambda: reads("behind"), seconds=60 * patience(), why="the primary, without a replica")
    replica.control("start")
    until(lambda: reads("replica"), seconds=60, why="the replica after its return")
