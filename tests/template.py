"""The migrated database that the test databases of all processes are copied from.

Three processes that each run every migration at once keep two processors busy for half a minute; a
copy takes a third of a second. The template is made anew whenever any code has changed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg import sql

from mami.embedded import Cluster

CHECKOUT = Path(__file__).resolve().parent.parent
PREFIX = "template_"
_TURN = 7_051  # of the advisory lock: one process makes the template, the others wait for it


def ensure(cluster: Cluster) -> str:
    """The name of the template for today's code, made first where it is missing."""
    name = PREFIX + _digest()
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [_TURN])
        if not _exists(server, name):
            _drop_all(server)
            _make(cluster, server, name)
    return name


def _digest() -> str:
    """Of all code and pinned packages: a migration may call anything."""
    found = hashlib.sha256((CHECKOUT / "requirements.txt").read_bytes())
    for room in sorted(path.parent for path in CHECKOUT.glob("*/apps.py")):
        for path in sorted(room.rglob("*.py")):
            if "tests" not in path.parts:
                found.update(path.read_bytes())
    return found.hexdigest()[:16]


def _exists(server: psycopg.Connection, name: str) -> bool:
    found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
    return found.fetchone() is not None


def _drop_all(server: psycopg.Connection) -> None:
    names = server.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX]
    ).fetchall()
    for (name,) in names:
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _make(cluster: Cluster, server: psycopg.Connection, name: str) -> None:
    """Under another name until it is whole: what was killed half-way is never copied."""
    unfinished = f"{PREFIX}unfinished"
    server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=CHECKOUT,
        env=os.environ
        | {"DATABASE_URL": cluster.url(unfinished), "DJANGO_SETTINGS_MODULE": "mami.settings"},
        check=True,
    )
    server.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
            sql.Identifier(unfinished), sql.Identifier(name)
        )
    )
