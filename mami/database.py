"""What every session of the shop's database starts with.

Kept in the database itself, because a `SET` at connect leaks between clients of PgBouncer and
`options=` in the address is refused by it.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connections, transaction
from psycopg import sql

from mami import embedded

ABANDONED_TRANSACTION = "60s"


def pool_size() -> int:
    """How many connections the threads of this process share; 0 where each has its own."""
    options: dict[str, Any] = settings.DATABASES["default"].get("OPTIONS", {})
    return int(options.get("pool", {}).get("max_size", 0))


def limit_waiting(*, using: str, **_: Any) -> None:
    """Let a lock wait end after LOCK_TIMEOUT_MS, and a transaction that was left open after a
    minute. Runs after every `migrate`; new sessions have it.

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


@checks.register(checks.Tags.database, deploy=True)
def database_is_named(**_: Any) -> list[checks.CheckMessage]:
    """Production says which database it means; the embedded one is used only on purpose."""
    if settings.DEBUG or settings.MAMI_EMBEDDED or not embedded.is_used():
        return []
    return [
        checks.Error(
            "DATABASE_URL is not set, so the embedded database would be used.",
            hint="Set DATABASE_URL, or MAMI_EMBEDDED=1 if the embedded database is what you want.",
            id="mami.E001",
        )
    ]
