"""Crashes, lies in pid files, foreign accounts and versions: each ends in a running server or one clear sentence."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from runtime.embedded import Cluster, EmbeddedError, location
from runtime.embedded.account import choose
from runtime.embedded.binaries import program
from runtime.embedded.tests.conftest import (
    command_line_as,
    kill_server,
    patience,
    start_elsewhere,
    until,
)

pytestmark = pytest.mark.slow


def test_a_killed_initdb_does_not_poison_the_folder(new_cluster: Cluster) -> None:
    starter = start_elsewhere(new_cluster.base)
    until(lambda: (new_cluster.base / "data.new" / "PG_VERSION").exists())
    os.killpg(starter.pid, signal.SIGKILL)
    starter.communicate()
    assert not new_cluster.data.exists()
    assert (new_cluster.base / "data.new").exists()

    new_cluster.ensure()
    assert new_cluster.is_ready()
    assert not (new_cluster.base / "data.new").exists()


@pytest.mark.parametrize("liar", ["a stranger", "a zombie", "nobody", "not a number"])
def test_a_stale_pid_file_is_not_believed(cluster: Cluster, liar: str) -> None:
    cluster.ensure()
    pid_files = [cluster.data / "postmaster.pid", cluster.socket_folder / ".s.PGSQL.5432.lock"]
    remembered = {path: path.read_text() for path in pid_files}
    cluster.stop()
    child = subprocess.Popen(["/bin/sleep", "60" if liar == "a stranger" else "0"])
    try:
        if liar == "a zombie":  # it has ended, and nobody has asked for its exit code
            until(
                lambda: (
                    Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
                )
            )
        elif liar == "nobody":
            child.wait()
        said = "no number" if liar == "not a number" else str(child.pid)
        for path, text in remembered.items():
            path.write_text("\n".join([said, *text.split("\n")[1:]]))
            os.chown(path, cluster.data.stat().st_uid, cluster.data.stat().st_gid)

        assert cluster.running_pid() is None
        cluster.ensure()
        assert cluster.is_ready()
    finally:
        child.kill()
        child.wait()


def test_the_server_comes_back_after_kill_9_with_everything_committed(cluster: Cluster) -> None:
    with psycopg.connect(cluster.ensure(), autocommit=True) as connection:
        connection.execute("CREATE TABLE promised (line int)")
        connection.execute("INSERT INTO promised SELECT generate_series(1, 1000)")
    killed = kill_server(cluster)
    started = time.perf_counter()
    address = cluster.ensure()
    assert time.perf_counter() - started < 10 * patience()
    assert cluster.running_pid() != killed
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT count(*) FROM promised").fetchone() == (1000,)


def test_a_server_killed_while_busy_comes_back_too(cluster: Cluster) -> None:
    """Orphaned backends hold the old shared memory for a moment; starting is tried again until they let go."""
    address = cluster.ensure()
    busy = psycopg.connect(address, autocommit=True)
    working = subprocess.Popen(
        [program("psql"), "-qX", address, "-c", "SELECT count(*) FROM generate_series(1, 1000000000) a"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until(
        lambda: (
            busy.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE query ~ 'generate_s' AND state = 'active'"
            ).fetchone()
            == (2,)
        )
    )
    try:
        kill_server(cluster)
        with psycopg.connect(cluster.ensure()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        working.kill()
        working.wait()


def test_hebrew_trigrams_are_alive(cluster: Cluster) -> None:
    with psycopg.connect(cluster.ensure()) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        row = connection.execute(
            "SELECT similarity('מלפפון', 'מלפפונים'), current_setting('lc_ctype', true)"
        ).fetchone()
        ctype = connection.execute(
            "SELECT datctype FROM pg_database WHERE datname = 'mami'"
        ).fetchone()
    assert row is not None
    assert row[0] > 0.4
    assert ctype == ("C.UTF-8",)


def test_a_cluster_that_is_blind_to_hebrew_is_refused(new_cluster: Cluster) -> None:
    account = choose(new_cluster.data)
    new_cluster._make_base(account)
    account.run(
        [
            program("initdb"),
            "-D",
            new_cluster.data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
        ],
        timeout=60 * patience(),
    )
    with pytest.raises(EmbeddedError, match="nothing in Hebrew"):
        new_cluster.ensure()


def test_a_cluster_that_forgets_in_a_power_cut_is_refused(new_cluster: Cluster) -> None:
    new_cluster.ensure()
    new_cluster.stop()
    with (new_cluster.data / "postgresql.conf").open("a") as configuration:
        configuration.write("fsync = off\n")
    with pytest.raises(EmbeddedError, match="fsync = off"):
        new_cluster.ensure()
    Cluster(
        new_cluster.base, settings={"fsync": "off"}
    ).ensure()  # said on purpose, as the tests' own cluster does


def test_another_version_is_refused_with_a_recipe_and_not_touched(cluster: Cluster) -> None:
    cluster.ensure()
    cluster.stop()
    version = cluster.data / "PG_VERSION"
    made_by = version.read_text()
    version.write_text("15\n")
    before = sorted((str(path), path.stat().st_mtime_ns) for path in cluster.data.rglob("*"))

    with pytest.raises(EmbeddedError) as refusal:
        cluster.ensure()
    for needed in (
        "PostgreSQL 15",
        f"version {made_by.strip()}",
        "pg_dump",
        "make restore",
        "nothing was touched",
    ):
        assert needed in str(refusal.value)
    assert (
        sorted((str(path), path.stat().st_mtime_ns) for path in cluster.data.rglob("*")) == before
    )
    assert cluster.running_pid() is None

    version.write_text(made_by)
    cluster.ensure()


def test_half_a_cluster_is_refused(new_cluster: Cluster) -> None:
    new_cluster._make_base(choose(new_cluster.data))
    new_cluster.data.mkdir()
    with pytest.raises(EmbeddedError, match="not a complete database folder"):
        new_cluster.ensure()


def test_root_never_runs_the_server_itself(cluster: Cluster) -> None:
    cluster.ensure()
    pid = cluster.running_pid()
    owner = os.stat(f"/proc/{pid}").st_uid
    assert owner != 0
    assert owner == cluster.data.stat().st_uid


def test_an_ordinary_user_starts_and_stops_the_server(
    folder: Path, stranger: pwd.struct_passwd
) -> None:
    os.chown(folder, stranger.pw_uid, stranger.pw_gid)
    started = command_line_as(stranger, "start", var=folder)
    try:
        assert started.out.startswith("running (pid"), started.err
        assert (folder / "postgres" / "data").stat().st_uid == stranger.pw_uid
        # Root attaches to that server and keeps running it as its owner.
        assert Cluster(folder / "postgres").is_ready()
    finally:
        stopped = command_line_as(stranger, "stop", var=folder)
    assert stopped.out == "stopped\n", stopped.err
    root = Cluster(folder / "postgres")
    root.ensure()
    assert os.stat(f"/proc/{root.running_pid()}").st_uid == stranger.pw_uid
    root.stop()


def test_a_folder_that_cannot_be_written_is_one_sentence(
    folder: Path, stranger: pwd.struct_passwd
) -> None:
    refused = command_line_as(stranger, "start", var=folder)
    assert refused.code == 1
    assert "cannot be made (Permission denied)" in refused.err
    assert "MAMI_VAR" in refused.err
    assert "Traceback" not in refused.err


def test_somebody_elses_cluster_is_one_sentence(
    cluster: Cluster, stranger: pwd.struct_passwd
) -> None:
    cluster.ensure()
    assert cluster.data.stat().st_uid != stranger.pw_uid
    refused = command_line_as(stranger, "start", var=cluster.base.parent)
    assert refused.code == 1
    assert "belongs to the account" in refused.err
    assert "Traceback" not in refused.err


def test_a_folder_the_account_cannot_reach_is_one_sentence(
    folder: Path, stranger: pwd.struct_passwd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no other place for it either."""
    monkeypatch.setattr(location, "HOME", Path("/proc/mami"))
    folder.chmod(0o700)
    with pytest.raises(EmbeddedError, match=r"must not run as root.*cannot reach.*ordinary user"):
        Cluster(folder / "postgres").ensure()


def test_a_full_log_is_put_aside(cluster: Cluster) -> None:
    cluster.ensure()
    cluster.stop()
    with cluster.log.open("r+b") as log:
        log.truncate(11 * 1024 * 1024)
    cluster.ensure()
    assert cluster.log.stat().st_size < 1024 * 1024
    assert cluster.log.with_suffix(".log.1").exists()


def test_a_server_started_by_hand_is_adopted(cluster: Cluster) -> None:
    cluster.ensure()
    cluster.stop()
    cluster._start(choose(cluster.data))
    assert not cluster.is_ready()
    cluster.ensure()
    assert cluster.is_ready()


def test_a_moved_folder_starts_at_its_new_place(new_cluster: Cluster, folder: Path) -> None:
    new_cluster.ensure()
    new_cluster.stop()
    moved = Cluster(folder / "elsewhere")
    shutil.move(new_cluster.base, moved.base)
    try:
        with psycopg.connect(moved.ensure()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        moved.stop()
