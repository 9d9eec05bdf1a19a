"""The database of a large shop: made once, kept beside the tests' own until migrations or the filling change."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg import sql

from runtime.embedded import Cluster
from tests import template
from tests.scale.filling import Filling

PREFIX = "scale_"


def ensure(cluster: Cluster) -> str:
    """The name of the filled database for today's code, made first where it is missing."""
    migrated = template.ensure(cluster)
    filling = (Path(__file__).parent / "filling.py").read_bytes()
    name = PREFIX + hashlib.sha256(migrated.encode() + filling).hexdigest()[:16]
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as server:
        known = server.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX]
        ).fetchall()
        if (name,) not in known:
            for (old,) in known:
                server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(old)))
            _make(cluster, server, migrated, name)
    return name


def _make(cluster: Cluster, server: psycopg.Connection, migrated: str, name: str) -> None:
    """Under another name until it is whole: what was killed half-way is never asked."""
    unfinished = f"{PREFIX}unfinished"
    server.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(unfinished), sql.Identifier(migrated)
        )
    )
    subprocess.run(
        [sys.executable, "manage.py", "seed"],
        cwd=template.CHECKOUT,
        env=os.environ
        | {"DATABASE_URL": cluster.url(unfinished), "DJANGO_SETTINGS_MODULE": "mami.settings"},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with psycopg.connect(cluster.url(unfinished), autocommit=True) as filled:
        Filling(filled.cursor()).run()
    server.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
            sql.Identifier(unfinished), sql.Identifier(name)
        )
    )
