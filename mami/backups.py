"""Copies of the whole database, and their way back.

The copies are PostgreSQL's own custom-format dumps, made and read by its own programs.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, connections
from psycopg import sql

from mami import database
from mami.embedded import EmbeddedError
from mami.embedded.binaries import program

KEPT_OPTIONS = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}


class BackupError(Exception):
    """One sentence for the terminal; the database is as it was."""


def back_up(*, to: Path | None = None, now: dt.datetime) -> Path:
    """Write a consistent copy of the database while it is in use, and return its path.

    The default place is `MAMI_VAR/backups`. Readable by its owner only: it holds people's
    addresses. Nothing half-written ever carries the final name. Raises BackupError.
    """
    target = to or settings.MAMI_VAR / "backups" / f"mami-{now:%Y%m%d-%H%M%S}.dump"
    if target.exists():
        raise BackupError(f"{target} exists already; name another file or move it away.")
    part = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.touch(mode=0o600)
        # What the cache holds is not worth keeping, and may be the largest table.
        _run(["pg_dump", "-Fc", "--no-owner", "--no-unlogged-table-data", "-f", str(part)])
        part.rename(target)
    except OSError as error:
        raise BackupError(f"{target} cannot be written ({error.strerror}).") from error
    finally:
        with suppress(OSError):
            part.unlink()
    return target


def restore(*, source: Path, replace: bool, now: dt.datetime) -> str | None:
    """Put the copy in `source` in the place of the database.

    It is read into a new database first and exchanged when all of it is there, so a broken copy
    changes nothing. The former database is kept under the name that is returned (None when there
    was nothing in it). Raises BackupError: without `replace` when the database holds tables.
    """
    if not source.is_file():
        raise BackupError(
            f"{source} is not there; list the copies in {settings.MAMI_VAR / 'backups'}."
        )
    _run(
        ["pg_restore", "--list", str(source)], refusal=f"{source} is not a copy made by `db backup`"
    )
    held = bool(connection.introspection.table_names())
    if held and not replace:
        raise BackupError(
            "The database holds a shop already; add --yes (make restore … YES=1) to exchange it. "
            "It will be kept under another name."
        )
    connections.close_all()
    name = connection.settings_dict["NAME"]
    fresh, former = f"{name}_restored_{now:%Y%m%d%H%M%S}", f"{name}_before_{now:%Y%m%d%H%M%S}"
    with _maintenance() as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(fresh)))
        try:
            _run(
                [
                    "pg_restore",
                    "--exit-on-error",
                    "--no-owner",
                    "-j",
                    "2",
                    "-d",
                    fresh,
                    str(source),
                ],
                refusal=f"{source} could not be read in whole; nothing was exchanged",
            )
            _exchange(server, name=name, fresh=fresh, former=former)
        except BaseException:
            with suppress(psycopg.Error):
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(fresh)))
            raise
        if not held:
            server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(former)))
    database.limit_waiting(using="default")
    connections.close_all()
    return former if held else None


def client_environment() -> dict[str, str]:
    """The environment with which PostgreSQL's own programs reach the shop's database.

    Not in their command line: the process table shows passwords to everybody.
    """
    config = connection.settings_dict
    said = {
        "PGHOST": config["HOST"],
        "PGPORT": str(config["PORT"] or ""),
        "PGUSER": config["USER"],
        "PGPASSWORD": config["PASSWORD"],
        "PGDATABASE": config["NAME"],
        "PGCONNECT_TIMEOUT": "10",
    }
    for option, variable in KEPT_OPTIONS.items():
        said[variable] = str(config["OPTIONS"].get(option, ""))
    others = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return others | {key: value for key, value in said.items() if value}


def client_program(name: str) -> str:
    """The path of one of PostgreSQL's programs: ours, else the machine's. Raises BackupError."""
    with suppress(EmbeddedError):
        return str(program(name))
    found = shutil.which(name)
    if found is None:
        raise BackupError(
            f"{name} is not installed; run `make setup`, or install PostgreSQL's client programs."
        )
    return found


def _run(command: Sequence[str], *, refusal: str = "") -> None:
    done = subprocess.run(
        [client_program(command[0]), *command[1:]],
        env=client_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
        raise BackupError(f"{refusal or command[0] + ' failed'} ({said.strip()}).")


@contextmanager
def _maintenance() -> Iterator[psycopg.Connection[Any]]:
    """A connection beside the shop's database, for what cannot be done from within it."""
    params = connection.get_connection_params() | {"dbname": "postgres"}
    for unknown in ("cursor_factory", "context", "pool"):
        params.pop(unknown, None)
    try:
        with psycopg.connect(**params, autocommit=True) as server:
            yield server
    except psycopg.Error as error:
        raise BackupError(f"The database server refused: {str(error).strip()}.") from error


def _exchange(server: psycopg.Connection[Any], *, name: str, fresh: str, former: str) -> None:
    """Rename one away and the other in; whoever is connected is cut off and connects anew."""
    one, new, old = (sql.Identifier(each) for each in (name, fresh, former))
    server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(one))
    try:
        server.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            [name],
        )
        with server.transaction():
            server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(one, old))
            server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(new, one))
    except BaseException:
        server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(one))
        raise
    server.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(old))
