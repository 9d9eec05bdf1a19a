"""What every session of the shop's database starts with.

Kept in the database itself, because a `SET` at connect leaks between clients of PgBouncer and
`options=` in the address is refused by it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from psycopg import sql

ABANDONED_TRANSACTION = "60s"
LONGEST_STATEMENT = "10s"


@contextmanager
def long_work(*, seconds: int = 600) -> Iterator[None]:
    """A transaction whose statements may take that long: imports, reports, the books.

    `SET LOCAL`, so that it ends with the transaction, through PgBouncer too.
    """
    with transaction.atomic():
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(
                sql.SQL("SET LOCAL statement_timeout TO {}").format(sql.Literal(f"{seconds}s"))
            )
        yield


def without_limit(*, connection: Any, **_: Any) -> None:
    """Let a command that an operator waits for take its time (manage.py says which).

    Not through PgBouncer, whose sessions are everybody's.
    """
    if os.environ.get("MAMI_LONG_WORK") == "1" and not connection.settings_dict.get(
        "DISABLE_SERVER_SIDE_CURSORS"
    ):
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout TO 0")


def bare_parameters(alias: str) -> dict[str, Any]:
    """How to reach that database beside Django: without its pool, and not waited for long."""
    wanted = connections[alias].get_connection_params()
    for own in ("cursor_factory", "context", "prepare_threshold", "pool"):
        wanted.pop(own, None)
    return {**wanted, "connect_timeout": 2, "autocommit": True}


def pool_size() -> int:
    """How many connections the threads of this process share; 0 where each has its own."""
    options: dict[str, Any] = settings.DATABASES["default"].get("OPTIONS", {})
    return int(options.get("pool", {}).get("max_size", 0))


def limit_waiting(*, using: str, **_: Any) -> None:
    """Let a lock wait end after LOCK_TIMEOUT_MS, a statement after ten seconds, and a transaction
    that was left open after a minute. Runs after every `migrate`; new sessions have it.

    The owner of the database may say so for everybody, another role for itself only.
    """
    connection = connections[using]
    name = sql.Identifier(connection.settings_dict["NAME"])
    targets = [
        sql.SQL("ALTER DATABASE {} SET").format(name),
        sql.SQL("ALTER ROLE CURRENT_USER IN DATABASE {} SET").format(name),
    ]
    for target in targets:
        try:
            with transaction.atomic(using=using), connection.cursor() as cursor:
                for setting, value in (
                    ("lock_timeout", f"{settings.LOCK_TIMEOUT_MS}ms"),
                    ("statement_timeout", LONGEST_STATEMENT),
                    ("idle_in_transaction_session_timeout", ABANDONED_TRANSACTION),
                ):
                    cursor.execute(
                        sql.SQL("{} {} TO {}").format(
                            target, sql.Identifier(setting), sql.Literal(value)
                        )
                    )
            return
        except DatabaseError:
            continue  # the check below says so where it matters


QUIET = {
    "log_min_error_statement": ("panic", "fatal", "log"),
    "log_error_verbosity": ("terse",),
    "log_parameter_max_length": ("0",),
    "log_parameter_max_length_on_error": ("0",),
    "log_min_duration_statement": ("-1",),
    "log_statement": ("none", "ddl"),
}
"""Settings with which PostgreSQL's own log holds nobody's data, and their safe values."""
# Sessions of the web's workers; the background worker's and commands' beside them.
CONNECTIONS_OF_WORKER, CONNECTIONS_TO_SPARE, KEPT_FOR_SUPERUSER = 10, 20, 5


@checks.register(checks.Tags.database, deploy=True)
def server_log_is_quiet(databases: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """A refused row is otherwise logged whole: e-mail, phone and the hash of the password."""
    found: list[checks.CheckMessage] = []
    for alias in databases or []:
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(QUIET)]
            )
            loud = [
                f"{name} = {value}" for name, value in cursor.fetchall() if value not in QUIET[name]
            ]
        if loud:
            found.append(
                checks.Warning(
                    f"PostgreSQL's log may hold people's data: {', '.join(sorted(loud))}.",
                    hint='docs/runbooks.md, "Set up production", has the lines.',
                    id="mami.W103",
                )
            )
    return found


@checks.register(checks.Tags.database)
def connections_fit(databases: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """What all nodes together may ask for, against what the server gives; not through PgBouncer."""
    found: list[checks.CheckMessage] = []
    for alias in databases or []:
        if connections[alias].settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
            continue
        with connections[alias].cursor() as cursor:
            cursor.execute("SHOW max_connections")
            there = int(cursor.fetchone()[0])
        web = settings.WEB_NODES * settings.WEB_WORKERS * settings.DATABASE_POOL_SIZE
        wanted = web + settings.WORKERS * CONNECTIONS_OF_WORKER + CONNECTIONS_TO_SPARE
        if wanted >= there - KEPT_FOR_SUPERUSER:
            found.append(
                checks.Warning(
                    f"{wanted} connections may be asked for, and the server gives {there}.",
                    hint="Raise max_connections, or put PgBouncer in between.",
                    id="mami.W105",
                )
            )
    return found


@checks.register(checks.Tags.database)
def followers_can_be_seen(databases: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """Whoever wants standbys is told of a missing one, for which the role must see them."""
    found: list[checks.CheckMessage] = []
    for alias in databases or [] if settings.SYNC_STANDBYS else []:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')")
            if cursor.fetchone() == (False,):
                found.append(
                    checks.Warning(
                        "SYNC_STANDBYS is set, and this role cannot see who follows the primary.",
                        hint="GRANT pg_read_all_stats TO the role that serves.",
                        id="mami.W106",
                    )
                )
    return found


@checks.register(checks.Tags.database)
def lock_waits_are_limited(databases: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """Without a limit one stuck transaction would hold every shopper at its shelf."""
    found: list[checks.CheckMessage] = []
    for alias in databases or []:
        with connections[alias].cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            if cursor.fetchone() == ("0",):
                found.append(
                    checks.Warning(
                        "Lock waits in the database have no limit.",
                        hint="Run `manage.py migrate` as the database's owner, or ALTER DATABASE "
                        "… SET lock_timeout = '3s'.",
                        id="mami.W001",
                    )
                )
    return found
