"""Servers that live as long as a proof: an empty one to read a copy into, or one brought back to an instant."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.db import connection
from psycopg import sql

from runtime.backups.clients import BackupError
from runtime.embedded import Cluster, EmbeddedError
from runtime.embedded.account import Account, choose
from runtime.embedded.binaries import program

DATABASE = "copy"
# Nobody relies on this server: it is removed with all that it holds.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
DAY = 86_400.0
HBA = "local all all trust\n"


@contextmanager
def empty_server(folder: Path) -> Iterator[str]:
    """The address of an empty database in a new cluster, which is gone afterwards."""
    cluster = Cluster(
        folder / "postgres",
        settings=CARELESS | {"maintenance_work_mem": "256MB", "max_wal_size": "4GB"},
    )
    try:
        try:
            cluster.ensure()
            with psycopg.connect(cluster.url(), autocommit=True) as server:
                server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        except (EmbeddedError, psycopg.Error) as error:
            raise BackupError(str(error).strip()) from error
        yield cluster.url(DATABASE)
    finally:
        cluster.stop()
        shutil.rmtree(cluster.base, ignore_errors=True)


@contextmanager
def server_at(instant: str, folder: Path, *, stanza: str) -> Iterator[str]:
    """The address of the shop's database as it was then: pgBackRest's base backup, and the archive after it.

    Its server is gone afterwards. Raises BackupError.
    """
    data, account = folder / "data", choose(folder / "data")
    try:
        data.mkdir(mode=0o700)
        if account.switch:
            os.chown(folder, account.uid, account.gid)
            os.chown(data, account.uid, account.gid)
        _run(
            account,
            ["pgbackrest", f"--stanza={stanza}", f"--pg1-path={data}", "--type=time",
             f"--target={instant}", "--target-action=promote", "--archive-mode=off", "restore"],
            failed="pgBackRest could not restore",
        )  # fmt: skip
        yield _started(account, folder)
    except OSError as error:
        raise BackupError(f"{folder} cannot be used ({error.strerror}).") from error
    finally:
        with contextlib.suppress(BackupError, OSError):
            _run(account, [_matching(data, "pg_ctl"), "-D", data, "-m", "immediate", "stop"])


def _started(account: Account, folder: Path) -> str:
    """Start its server on a socket alone, wait for the end of its recovery, and return the address."""
    data, log = folder / "data", folder / "server.log"
    (folder / "hba.conf").write_text(HBA)
    settings = (
        CARELESS
        | {
            "listen_addresses": "",
            "unix_socket_directories": str(folder),
            "port": "5432",
            "hba_file": str(folder / "hba.conf"),
            "hot_standby": "off",  # so that it opens when all is there, and copies no limit of its original
            "shared_preload_libraries": "",
            "synchronous_standby_names": "",  # a commit here waits for nobody
            "primary_conninfo": "",
            "ssl": "off",
        }
    )
    lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
    configuration = folder / "server.conf"
    configuration.write_text(f"data_directory = '{data}'\n" + "".join(lines))
    for path in (folder / "hba.conf", configuration):
        path.chmod(0o644)
    # What stands in postgresql.auto.conf is stronger than a file: ours goes on the command line too.
    options = [
        f"config_file={configuration}",
        *(f"{name}={value}" for name, value in settings.items()),
    ]
    said = " ".join(f"-c {shlex.quote(option)}" for option in options)
    _run(
        account,
        [
            _matching(data, "pg_ctl"),
            "-s",
            "-w",
            "-t",
            str(int(DAY)),
            "-D",
            data,
            "-l",
            log,
            "-o",
            said,
            "start",
        ],
        failed="The server of that instant did not start",
        log=log,
    )
    config = connection.settings_dict
    user, name = quote(config["USER"] or "postgres"), quote(config["NAME"])
    address = f"postgresql://{user}@/{name}?host={quote(str(folder))}&port=5432"
    _await_promotion(address, log)
    return address


def _await_promotion(address: str, log: Path) -> None:
    end = time.monotonic() + DAY
    while time.monotonic() < end:
        try:
            with psycopg.connect(address, connect_timeout=10) as server:
                if server.execute("SELECT pg_is_in_recovery()").fetchone() == (False,):
                    return
        except psycopg.OperationalError as error:
            if "starting up" not in str(error) and "not accepting" not in str(error):
                raise BackupError(
                    f"The server of that instant does not answer ({_last_said(log)})."
                ) from error
        time.sleep(0.2)
    raise BackupError("The server of that instant did not finish its recovery within a day.")


def _matching(data: Path, name: str) -> Path:
    """This program of the version that made the data. Raises BackupError."""
    version = (data / "PG_VERSION").read_text().strip()
    folders = [Path(f"/usr/lib/postgresql/{version}/bin"), Path(f"/usr/pgsql-{version}/bin")]
    with contextlib.suppress(EmbeddedError):
        folders.append(program(name).parent)
    for folder in folders:
        if (folder / name).exists() and _version(folder / "postgres") == version:
            return folder / name
    raise BackupError(f"PostgreSQL {version}, which made the copy, is not installed here.")


def _version(postgres: Path) -> str:
    """Its major version: `postgres (PostgreSQL) 15.14 (Debian …)`."""
    told = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\(PostgreSQL\) (\d+)", told.stdout)
    return found[1] if found else ""


def _run(
    account: Account, command: Sequence[str | Path], *, failed: str = "", log: Path | None = None
) -> None:
    """Run a command as the account. With a `log` it leaves a server behind, which would keep pipes open."""
    settings = {key: value for key, value in os.environ.items() if key.startswith("PGBACKREST_")}
    identity: dict[str, Any] = (
        {"user": account.uid, "group": account.gid, "extra_groups": []} if account.switch else {}
    )
    try:
        done = subprocess.run(
            [str(part) for part in command],
            env=account.environment() | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if log is None else subprocess.DEVNULL,
            stderr=subprocess.STDOUT if log is None else subprocess.DEVNULL,
            text=True,
            errors="replace",
            check=False,
            cwd="/",
            **identity,
        )
    except FileNotFoundError as error:
        raise BackupError(f"{command[0]} is not installed here.") from error
    if done.returncode != 0:
        lines = [line for line in (done.stdout or "").splitlines() if line.strip()]
        said = " ".join(lines[-2:]).strip() if log is None else _last_said(log)
        raise BackupError(f"{failed or command[0]} ({said}).")


def _last_said(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return "it said nothing"
    told = [line for line in lines if "FATAL" in line or "ERROR" in line]
    return (told or lines or ["it said nothing"])[-1].strip()
