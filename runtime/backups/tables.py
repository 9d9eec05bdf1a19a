"""What stands in every table, as rows and a sha256, so that a copy can be compared with its original."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

Counted = dict[str, dict[str, Any]]
"""Table to its `rows` and `sha256`."""

# What the cache holds is not worth keeping: unlogged tables are in no copy. Generated columns are made
# anew by whoever reads the copy.
TABLES = """
SELECT n.nspname, c.relname,
       (SELECT array_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid
           AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''),
       (SELECT array_agg(a.attname ORDER BY k.place) FROM pg_index i,
           unnest(i.indkey) WITH ORDINALITY AS k(number, place), pg_attribute a
           WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid AND a.attnum = k.number),
       (SELECT array_agg(a.attname) FROM pg_attribute a
           WHERE a.attrelid = c.oid AND a.attcollation <> 0)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p'
  AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1, 2
"""
# How values are written must not depend on the server's settings; a copy may take its time.
SPELLING = (
    "SET LOCAL timezone TO 'UTC'",
    "SET LOCAL datestyle TO 'ISO, YMD'",
    "SET LOCAL intervalstyle TO 'postgres'",
    "SET LOCAL extra_float_digits TO 1",
    "SET LOCAL bytea_output TO 'hex'",
    "SET LOCAL statement_timeout TO 0",
    "SET LOCAL idle_in_transaction_session_timeout TO 0",
)


@contextmanager
def one_instant(server: psycopg.Connection[Any]) -> Iterator[str]:
    """A transaction that sees the database as it is now; its snapshot's name, for pg_dump."""
    with server.transaction():
        server.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for statement in SPELLING:
            server.execute(statement)
        ((name,),) = server.execute("SELECT pg_export_snapshot()").fetchall()
        yield str(name)


def counted(server: psycopg.Connection[Any]) -> Counted:
    """Every table, in the transaction of `one_instant`."""
    found: Counted = {}
    for schema, table, columns, keys, texts in server.execute(TABLES).fetchall():
        digest, rows = hashlib.sha256(), 0
        question = _in_order(schema, table, columns or [], keys or [], set(texts or []))
        with server.cursor() as cursor, cursor.copy(question) as copy:
            for row in copy:
                digest.update(row)
                rows += 1
        found[f"{schema}.{table}"] = {"rows": rows, "sha256": digest.hexdigest()}
    return found


def differences(wanted: Counted, there: Counted) -> list[str]:
    """One line for each table that is not the same, or is there on one side only."""
    return [
        f"{table}: {_said(wanted.get(table))} in the manifest, {_said(there.get(table))} restored"
        for table in sorted(wanted.keys() | there.keys())
        if wanted.get(table) != there.get(table)
    ]


def instant(server: psycopg.Connection[Any]) -> float:
    """When this transaction began, in seconds since 1970 by the server's clock."""
    ((began,),) = server.execute("SELECT extract(epoch FROM now())::float8").fetchall()
    return float(began)


def heads(server: psycopg.Connection[Any]) -> dict[str, str]:
    """The migration with the highest number of each app; a squashed one may be written down late."""
    rows = server.execute(
        "SELECT DISTINCT ON (app) app, name FROM django_migrations ORDER BY app, name DESC"
    )
    return dict(rows.fetchall())


def _in_order(
    schema: str, table: str, columns: list[str], keys: list[str], texts: set[str]
) -> sql.Composed:
    """The rows by their key, texts by their bytes: another machine sorts letters in another way."""
    order: list[sql.Composable] = [
        sql.SQL('{} COLLATE "C"' if key in texts else "{}").format(sql.Identifier(key))
        for key in keys
    ]
    return sql.SQL("COPY (SELECT {} FROM {} AS t ORDER BY {}) TO STDOUT").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.Identifier(schema, table),
        sql.SQL(", ").join(order or [sql.SQL('t::text COLLATE "C"')]),
    )


def _said(table: dict[str, Any] | None) -> str:
    return "missing" if table is None else f"{table['rows']} rows {table['sha256'][:12]}"
