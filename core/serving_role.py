"""The role that web and worker connect as, where it is another than the owner of the tables: it writes rows
and changes no table, and what only grows it can only add to.

`SERVING_ROLE` names it to `migrate`, which runs as the owner and gives it its rights after every release.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.db import connections, transaction
from psycopg import sql

from core.append_only import append_only
from core.partitions import parts_of

MAY_CHANGE = """
SELECT bool_or(has_table_privilege(to_regclass(name), 'UPDATE')) FROM unnest(%s::text[]) AS name
"""


def ledgers() -> list[str]:
    """The tables whose rows are added and never changed."""
    wanted = {trigger.name for trigger in append_only()}
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if {trigger.name for trigger in getattr(model._meta, "triggers", [])} >= wanted
    )


def grant(*, using: str, **_: Any) -> None:
    """Give the role what it needs and nothing else. Does nothing where none is named."""
    if not settings.SERVING_ROLE:
        return
    role = sql.Identifier(settings.SERVING_ROLE)
    only_grow = sql.SQL(", ").join(map(sql.Identifier, ledgers()))
    everything = sql.SQL("ALL TABLES IN SCHEMA public")
    parts = parts_of(ledgers(), using=using)
    statements = [
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role),
        sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(everything, role),
        sql.SQL("REVOKE TRUNCATE, REFERENCES, TRIGGER ON {} FROM {}").format(everything, role),
        sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}").format(only_grow, role),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(role),
    ]
    if parts:  # they are written to through their table alone
        each = sql.SQL(", ").join(map(sql.Identifier, parts))
        statements.append(sql.SQL("REVOKE ALL ON {} FROM {}").format(each, role))
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@checks.register(checks.Tags.database, deploy=True)
def serves_with_few_rights(databases: Any = None, **_: Any) -> list[checks.CheckMessage]:
    """Whoever gets at the shop's connection could otherwise rewrite the trail."""
    for alias in databases or []:
        with connections[alias].cursor() as cursor:
            cursor.execute(MAY_CHANGE, [[*ledgers(), *parts_of(ledgers(), using=alias)]])
            if not cursor.fetchone()[0]:
                return []
    if not databases:
        return []
    return [
        checks.Info(
            "Web and worker connect as a role that may change the audit trail's rows.",
            hint='docs/runbooks.md, "Set up production": a role of their own, SERVING_ROLE.',
            id="mami.I114",
        )
    ]
