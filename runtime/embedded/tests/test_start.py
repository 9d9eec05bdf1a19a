"""The ordinary life of the embedded database: created, attached to, shared, stopped."""

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from runtime.embedded import Cluster, EmbeddedError
from runtime.embedded.tests.conftest import (
    CHECKOUT,
    command_line,
    patience,
    start_elsewhere,
)

pytestmark = pytest.mark.slow


def test_first_start_creates_a_private_cluster_and_its_database(new_cluster: Cluster) -> None:
    with psycopg.connect(new_cluster.ensure()) as connection:
        row = connection.execute(
            "SELECT current_database(), current_setting('listen_addresses'), current_setting('server_encoding'),"
            " current_setting('max_connections')::int >= 200"
        ).fetchone()
    assert row == ("mami", "", "UTF8", True)
    assert stat.S_IMODE(new_cluster.base.stat().st_mode) == 0o700


def test_attaching_is_instant_and_finds_the_same_server(cluster: Cluster) -> None:
    cluster.ensure()
    pid = cluster.running_pid()
    started = time.perf_counter()
    assert Cluster(cluster.base).ensure() == cluster.url()
    assert time.perf_counter() - started < 0.1 * patience()
    assert cluster.running_pid() == pid


def test_asking_for_the_address_or_status_starts_nothing(folder: Path) -> None:
    asked = command_line("url", var=folder)
    assert asked.out.startswith("postgresql://postgres@/mami?host=")
    assert command_line("status", var=folder).out == "not created yet\n"
    assert list(folder.iterdir()) == []


def test_importing_settings_starts_nothing(folder: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", "import mami.settings"],
        cwd=CHECKOUT,
        env={
            "PATH": os.environ["PATH"],
            "MAMI_VAR": str(folder),
            "MAMI_EMBEDDED": "1",
            "MAMI_DEMO": "1",
        },
        check=True,
    )
    assert not (folder / "postgres" / "data").exists()


def test_command_line_from_start_to_stop(folder: Path) -> None:
    folder.chmod(0o777)
    try:
        assert "running (pid" in command_line("start", var=folder).out
        assert "running (pid" in command_line("status", var=folder).out
    finally:
        stopped = command_line("stop", var=folder)
    assert (stopped.out, stopped.code) == ("stopped\n", 0)
    assert command_line("stop", var=folder).out == "was not running\n"
    assert command_line("dance", var=folder).code == 2


def test_stopping_ends_idle_clients_quickly_and_keeps_the_data(cluster: Cluster) -> None:
    idle = psycopg.connect(cluster.ensure(), autocommit=True)
    idle.execute("CREATE TABLE kept AS SELECT 7 AS seven")
    started = time.perf_counter()
    assert cluster.stop() is True
    assert time.perf_counter() - started < 5 * patience()
    assert cluster.stop() is False
    with psycopg.connect(cluster.ensure()) as connection:
        assert connection.execute("SELECT seven FROM kept").fetchone() == (7,)


def test_six_processes_at_once_start_one_server(new_cluster: Cluster) -> None:
    starters = [start_elsewhere(new_cluster.base) for _ in range(6)]
    answers = [starter.communicate(timeout=60 * patience()) for starter in starters]
    assert [out for out, _ in answers] == [f"{new_cluster.url()}\n"] * 6, [
        err for _, err in answers
    ]
    starts = new_cluster.log.read_text().count("database system is ready to accept connections")
    assert starts == 1


def test_the_last_user_out_stops_the_server(cluster: Cluster) -> None:
    with cluster.held():
        with Cluster(cluster.base).held():
            pass
        assert cluster.is_ready()
    assert cluster.running_pid() is None


def test_a_server_told_to_stay_outlives_its_users(cluster: Cluster) -> None:
    with cluster.held():
        cluster.keep_running(keep=True)
    assert cluster.is_ready()


@pytest.mark.parametrize("name", ["my shop's folder", "חנות ירקות", "deep-" * 30])
def test_folders_with_awkward_names_work(folder: Path, name: str) -> None:
    cluster = Cluster(folder / name / "postgres")
    try:
        with psycopg.connect(cluster.ensure()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert stat.S_IMODE(cluster.socket_folder.stat().st_mode) == 0o700
        assert len(os.fsencode(cluster.socket_folder)) < 90
    finally:
        cluster.stop()
        if cluster.socket_folder != cluster.base:
            cluster.socket_folder.rmdir()


def test_a_socket_folder_prepared_by_somebody_else_is_refused(folder: Path) -> None:
    cluster = Cluster(folder / ("deep-" * 30) / "postgres")
    cluster.socket_folder.mkdir()
    cluster.socket_folder.chmod(0o777)
    try:
        with pytest.raises(EmbeddedError, match="open to others"):
            cluster.ensure()
    finally:
        cluster.socket_folder.rmdir()


def test_variables_of_another_postgresql_are_ignored(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGPORT": "6543",
        "PGHOST": "db.example",
        "PGDATA": "/nowhere",
        "PGDATABASE": "other",
    }.items():
        monkeypatch.setenv(name, value)
    with psycopg.connect(cluster.ensure()) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("mami",)
