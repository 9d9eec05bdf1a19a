"""Triggers that let rows be added to a table and never changed or removed."""

from __future__ import annotations

import pgtrigger


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
