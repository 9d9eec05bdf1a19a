"""How PostgreSQL's own programs, and we beside Django, reach the shop's database."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from django.db import connection

from runtime.embedded import EmbeddedError
from runtime.embedded.binaries import program

KEPT_OPTIONS = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}


class BackupError(Exception):
    """One sentence for the terminal; the database is as it was."""


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


def run(
    command: Sequence[str], *, refusal: str = "", environment: Mapping[str, str] | None = None
) -> None:
    """Let one of them do its work. Raises BackupError with the last line it said."""
    done = subprocess.run(
        [client_program(command[0]), *command[1:]],
        env=client_environment() if environment is None else dict(environment),
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
def connected(*, database: str | None = None) -> Iterator[psycopg.Connection[Any]]:
    """A connection beside Django's, to the shop's database or another one of its server."""
    params = connection.get_connection_params()
    for unknown in ("cursor_factory", "context", "pool"):
        params.pop(unknown, None)
    if database is not None:
        params["dbname"] = database
    try:
        with psycopg.connect(**params, autocommit=True) as server:
            yield server
    except psycopg.Error as error:
        raise BackupError(f"The database server refused: {str(error).strip()}.") from error
