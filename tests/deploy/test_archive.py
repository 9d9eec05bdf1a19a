"""What stands beside Patroni on its nodes: pgBackRest with one repository for all, and pg_stat_statements."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.deploy.ha_cluster import (
    CHECKOUT,
    PASSWORD,
    HaCluster,
    Node,
    account,
    install_patroni,
    until,
)
from tests.deploy.programs import needed

DEPLOY = CHECKOUT / "deploy"
pytestmark = [pytest.mark.deploy, pytest.mark.slow]


@pytest.fixture(scope="module")
def cluster() -> Iterator[HaCluster]:
    for program in ("etcd", "uv", "pgbackrest"):
        needed(program)
    base = Path(tempfile.mkdtemp(prefix="mami-archive-"))
    base.chmod(0o755)
    (base / "cluster").mkdir(mode=0o755)
    try:
        made = HaCluster(base / "cluster", install_patroni(base / "patroni"), archives=True)
        try:
            yield made
        finally:
            made.end()
    finally:
        shutil.rmtree(base, ignore_errors=True)


def on(node: Node, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it on that node as the server's account, which is asked for no password."""
    around = node.cluster.archiving(node)
    around.pop("PGBACKREST_REPO1_CIPHER_PASS")
    folder = node.cluster.folder
    return subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True,
        env={"PATH": "/usr/bin:/bin", "PGHOST": str(folder), "PGPORT": str(node.port),
             "SECRETS": str(folder), **around},
        **account(),
    )  # fmt: skip


def archives(node: Node) -> None:
    with psycopg.connect(node.url(), autocommit=True) as office:
        (before,) = office.execute("SELECT clock_timestamp()").fetchone() or (None,)
        office.execute("CREATE TABLE IF NOT EXISTS kept ()")
        office.execute("INSERT INTO kept DEFAULT VALUES")
        office.execute("SELECT pg_switch_wal()")
        until(
            lambda: office.execute(
                "SELECT last_archived_time > %s FROM pg_stat_archiver", [before]
            ).fetchone() == (True,),
            seconds=30, why=f"the log of {node.name} in the archive",
        )  # fmt: skip


def test_whoever_is_primary_archives_and_is_copied(cluster: HaCluster) -> None:
    """`patroni/pgbackrest` as the image has it, and the condition of `mami-pgbackrest@.service`."""
    program = cluster.folder / "pgbackrest"
    shutil.copy(DEPLOY / "patroni" / "pgbackrest", program)
    program.chmod(0o755)
    (cluster.folder / "pgbackrest_cipher").write_text(PASSWORD)
    unit = (DEPLOY / "systemd" / "mami-pgbackrest@.service").read_text(encoding="utf-8")
    (line,) = re.findall(r"^ExecCondition=(.*)$", unit, re.MULTILINE)
    condition = shlex.split(line.replace("$$", "$"))

    primary = cluster.primary()
    assert primary is not None
    assert [node for node in cluster.nodes if on(node, *condition).returncode == 0] == [primary]
    for step in (["stanza-create"], ["--type=full", "backup"]):
        done = on(primary, program, *step)
        assert done.returncode == 0, done.stdout + done.stderr
    archives(primary)

    cluster.switch_over()
    after = until(
        lambda: cluster.primary() not in (None, primary) and cluster.primary(),
        seconds=60, why="another primary",
    )  # fmt: skip
    archives(after)
    done = on(after, program, "--type=diff", "backup")
    assert done.returncode == 0, done.stdout + done.stderr


def test_statements_are_told_without_their_values(cluster: HaCluster, tmp_path: Path) -> None:
    """After `make-database`, in the database that is in no copy of the shop's."""
    primary = cluster.primary()
    assert primary is not None
    shutil.copy(cluster.shown.ca, tmp_path / "ca")
    for name in ("superuser_password", "postgres_password"):
        (tmp_path / name).write_text(PASSWORD)
    needed("psql")
    subprocess.run(
        [DEPLOY / "patroni" / "make-database"], check=True,
        env={"PATH": "/usr/bin:/bin", "SECRETS": str(tmp_path), "PGHOST": primary.address, "PGPORT": str(primary.port)},
    )  # fmt: skip
    with psycopg.connect(primary.url(), autocommit=True) as office:
        office.execute("SELECT 'ada@mami.test' = current_catalog")
        told = office.execute(
            "SELECT query FROM pg_stat_statements WHERE query LIKE 'SELECT%current_catalog'"
        ).fetchall()
    assert told == [("SELECT $1 = current_catalog",)]
