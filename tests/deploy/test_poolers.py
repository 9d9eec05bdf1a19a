"""PgBouncer and pgBackRest with the shipped files, on a PostgreSQL of their own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from runtime.run.tests.conftest import free_port, patience
from tests.architecture.project import ROOT
from tests.deploy.certificates import certificate
from tests.deploy.ha_cluster import PASSWORD, account, until
from tests.deploy.programs import needed
from tests.deploy.server import Server, archive_into

pytestmark = [pytest.mark.deploy, pytest.mark.slow]


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    import shutil
    import tempfile

    base = Path(tempfile.mkdtemp(prefix="mami-server-"))
    base.chmod(0o755)
    made = certificate(base / "tls", "postgres", account=account().get("user", -1))
    found = Server(base, made)
    yield found
    subprocess.run(
        [found.bin / "pg_ctl", "-D", found.data, "-m", "immediate", "stop"],
        capture_output=True, cwd=base, **account(),
    )  # fmt: skip
    shutil.rmtree(base, ignore_errors=True)


def test_pgbouncer_shares_few_connections_among_many(server: Server) -> None:
    program, port, shown = needed("pgbouncer"), free_port(), server.certificate
    assert shown is not None
    server.control("start")
    users = server.folder / "users.txt"
    users.write_text(f'"postgres" "{PASSWORD}"\n')
    text = (ROOT / "deploy" / "pgbouncer" / "pgbouncer.ini").read_text()
    for old, new in {
        "mami = host=127.0.0.1 port=5432 dbname=mami": f"* = host=127.0.0.1 port={server.port}",
        "listen_port = 6432": f"listen_port = {port}",
        "/etc/pgbouncer/userlist.txt": str(users),
        "default_pool_size = 40": "default_pool_size = 3",
        "reserve_pool_size = 5": "reserve_pool_size = 0",
        "/etc/pgbouncer/tls/ca.pem": str(shown.ca),
        "/etc/pgbouncer/tls/certificate.pem": str(shown.certificate),
        "/etc/pgbouncer/tls/key.pem": str(shown.key),
    }.items():
        assert old in text
        text = text.replace(old, new)
    file = server.folder / "pgbouncer.ini"
    file.write_text(text)
    pooler = subprocess.Popen(
        [program, file], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **account()
    )
    try:

        def answers() -> bool:
            try:
                server.connect(port).close()
            except psycopg.OperationalError:
                return False
            return True

        until(answers, seconds=20, why="PgBouncer")
        for its in (port, server.port):
            with pytest.raises(psycopg.OperationalError, match=r"(?i)ssl required|no encryption"):
                server.connect(its, sslmode="disable")
        asked = "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        with server.connect(port) as shop:
            assert shop.execute(asked).fetchone() == (True, "TLSv1.3"), "from PgBouncer on, too"
        many = [server.connect(port) for _ in range(30)]
        pids = {row[0] for one in many for row in one.execute("SELECT pg_backend_pid()").fetchall()}
        assert len(pids) <= 3
        with many[0].transaction():
            many[0].execute("SET LOCAL statement_timeout TO '7s'")
        assert many[1].execute("SHOW statement_timeout").fetchone() != ("7s",)
        for one in many:
            one.close()
    finally:
        pooler.terminate()
        pooler.wait(timeout=20)


def test_a_mistake_is_undone_to_the_second_before(server: Server) -> None:
    """pgBackRest with the shipped file: a base copy and the log bring back what a DELETE took."""
    program = needed("pgbackrest")
    around = archive_into(server, program)
    server.control("start", **around)
    server.run(program, "--stanza=mami", "stanza-create", **around)
    with server.connect() as shop:
        shop.execute("CREATE TABLE orders AS SELECT n FROM generate_series(1, 100) AS n")
        server.run(program, "--stanza=mami", "--type=full", "backup", **around)
        shop.execute("INSERT INTO orders SELECT n FROM generate_series(101, 1000) AS n")
        time.sleep(1.1)  # the recovery's clock has seconds
        before = shop.execute("SELECT clock_timestamp()::text").fetchone()
        assert before is not None
        time.sleep(1.1)
        shop.execute("DELETE FROM orders")
        shop.execute("SELECT pg_switch_wal()")
        until(
            lambda: shop.execute(
                "SELECT last_archived_wal IS NOT NULL AND last_archived_time > %s::timestamptz"
                " FROM pg_stat_archiver", [before[0]],
            ).fetchone() == (True,),
            seconds=60, why="the log in the archive",
        )  # fmt: skip
    server.control("stop", **around)
    began = time.monotonic()
    server.run(
        program, "--stanza=mami", "--type=time", f"--target={before[0]}", "--target-action=promote",
        "restore", **around,
    )  # fmt: skip
    server.control("start", **around)

    def is_back() -> bool:
        with server.connect() as shop:
            return shop.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)

    until(is_back, seconds=60 * patience(), why="the end of the recovery")
    with server.connect() as shop:
        assert shop.execute("SELECT count(*), max(n) FROM orders").fetchone() == (1000, 1000)
    print(f"back after {time.monotonic() - began:.1f} s")
    stored = b"".join(
        path.read_bytes() for path in (server.folder / "repository").rglob("*.bundle*")
    )
    assert b"PG_VERSION" not in stored, "the repository is encrypted"
