"""Triggers that let rows be added to a table and never changed or removed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pgtrigger
from django.db import connection, transaction

IGNORE = "SELECT set_config('pgtrigger.ignore', %s, true)"


def append_only() -> list[pgtrigger.Trigger]:
    """Refuse UPDATE, DELETE and TRUNCATE in the database itself.

    `pgtrigger.Protect` does not see TRUNCATE, hence the second, statement-level trigger. Test
    databases carry the setting `mami.allow_truncate = on`, because emptying tables between
    tests is a TRUNCATE; production databases never do.
    """
    return [
        pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        no_truncate(),
    ]


def no_truncate() -> pgtrigger.Trigger:
    """Refuse TRUNCATE, but in test databases: see `append_only`."""
    return pgtrigger.Trigger(
        name="no_truncate",
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        func=(
            "IF current_setting('mami.allow_truncate', true) IS DISTINCT FROM 'on' THEN "
            "RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME; "
            "END IF; RETURN NULL;"
        ),
    )


@contextmanager
def trigger_ignored(uri: str) -> Iterator[None]:
    """What is written within is not refused by the trigger `uri`, "app.Model:name"; in a transaction.

    `pgtrigger.ignore` puts a second statement before each one, and the server prepares no two at once.
    A savepoint takes the setting back where what is within fails.
    """
    ((model, trigger),) = pgtrigger.registered(uri)
    number = trigger.get_pgid(model)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(IGNORE, [f"{{{model._meta.db_table}:{number},{number}}}"])
        yield
        cursor.execute(IGNORE, ["{}"])
