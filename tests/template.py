"""The migrated database that the test databases of all processes are copied from.

Three processes that each run every migration at once keep two processors busy for half a minute; a
copy takes a third of a second. The template is made anew whenever migrations, models or anything
they import have changed.
"""

from __future__ import annotations

import ast
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql

from runtime.embedded import Cluster

CHECKOUT = Path(__file__).resolve().parent.parent
PREFIX = "template_"
STATEMENTS = (ast.stmt, ast.excepthandler, ast.match_case)
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
    """Of what migrating runs: migrations, models, what they import, and the pinned packages."""
    found = hashlib.sha256((CHECKOUT / "requirements.txt").read_bytes())
    for path in sorted(_migrating()):
        found.update(f"{path.relative_to(CHECKOUT)}\n".encode() + path.read_bytes())
    return found.hexdigest()[:16]


def _migrating() -> set[Path]:
    found: set[Path] = set()
    rooms = [path.parent for path in CHECKOUT.glob("*/apps.py")]
    waiting = [CHECKOUT / "mami" / "settings.py"]
    waiting += [
        path
        for room in rooms
        for part in ("apps.py", "models.py", "models/**/*.py", "migrations/*.py")
        for path in room.glob(part)
    ]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imported(path)
    return found


def _imported(path: Path) -> list[Path]:
    """The project's own modules that this one names in its imports, wherever they stand in it."""
    names: set[str] = set()
    for node in _statements(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert not node.level, f"{path}: imports are written out here"
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return [path for name in names for path in _files(name)]


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Those within it at any depth. Expressions are most of a tree, and no import stands in one."""
    for _, value in ast.iter_fields(node):
        if isinstance(value, list) and value and isinstance(value[0], STATEMENTS):
            for inner in value:
                yield inner
                yield from _statements(inner)


@cache
def _files(module: str) -> list[Path]:
    place = CHECKOUT / module.replace(".", "/")
    return [path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()]


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
