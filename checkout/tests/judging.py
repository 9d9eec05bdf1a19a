"""Judging the books after each step of a story: a rule again only when what it reads was written to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.conf import LazySettings
from django.db import connection
from django.utils.functional import LazyObject

from core.invariants import Rule, judge

# By table, the rows inserted, updated or deleted: in this transaction, and in those before it that
# the database has not added up yet, which it does between transactions.
ROWS_WRITTEN = """
SELECT relname, count FROM pg_class CROSS JOIN LATERAL (
    SELECT pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
         + pg_stat_get_xact_tuples_deleted(oid) AS count
) rows
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND count > 0
"""
WORDS = re.compile(r"\w+")
# Read by whoever looks outside the database: where the provider keeps its own books.
OUTSIDE = "SANDBOX_LEDGER"


class Judge:
    """Asked again, a rule would ask the same and be answered the same, until somebody writes to one
    of the tables it has read, or to what lies `outside` the database, if it has looked there. Until
    then its verdict stands.

    Every story begins with the same rows and rolls back what it writes: a verdict on the beginning
    of one is a verdict on the beginning of all.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = list(rules)
        self.tables = frozenset(connection.introspection.table_names())
        self.at_first: dict[str, Grounds] = {}
        self.begin()

    def begin(self) -> None:
        """A new story: a transaction that has written nothing yet."""
        self.good = dict(self.at_first)
        self.before = rows_written()
        self.written: dict[str, int] = {}

    def broken(self, *, outside: object = None) -> dict[str, list[str]]:
        """What is wrong now, by rule."""
        rows = rows_written()
        self.written = {
            table: count - self.before.get(table, 0)
            for table, count in rows.items()
            if count != self.before.get(table, 0)
        }
        found: dict[str, list[str]] = {}
        for rule in self.rules:
            grounds = self.good.get(rule.name)
            if grounds is not None and grounds.stand(self.written, outside):
                continue
            wrong, read = self._judge(rule)
            if wrong:
                found[rule.name] = wrong
                continue
            self.good[rule.name] = Grounds(read, self.written, outside)
        if not self.written and outside is None:
            self.at_first = dict(self.good)
        return found

    def _judge(self, rule: Rule) -> tuple[list[str], set[str]]:
        """What the rule finds, and the tables it read to say so; OUTSIDE is one of them."""
        with tables_read(self.tables) as read, outside_read(read):
            (verdict,) = judge([rule])
        return [finding.what for finding in verdict.findings], read


class Grounds:
    """What a verdict was based on."""

    def __init__(self, read: set[str], written: dict[str, int], outside: object) -> None:
        self.rows = {table: written.get(table, 0) for table in read - {OUTSIDE}}
        self.looks_outside, self.outside = OUTSIDE in read, outside

    def stand(self, written: dict[str, int], outside: object) -> bool:
        """Whether nobody has written to them since."""
        if self.looks_outside and self.outside != outside:
            return False
        return all(written.get(table, 0) == rows for table, rows in self.rows.items())


def rows_written() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(ROWS_WRITTEN)
        return dict(cursor.fetchall())


@contextmanager
def tables_read(tables: frozenset[str]) -> Iterator[set[str]]:
    """Collects every table that is named in what the database is asked meanwhile."""
    read: set[str] = set()

    def listen(execute: Any, sql: str, *rest: Any) -> Any:
        read.update(tables.intersection(WORDS.findall(sql)))
        return execute(sql, *rest)

    with connection.execute_wrapper(listen):
        yield read


@contextmanager
def outside_read(read: set[str]) -> Iterator[None]:
    """Notes whether anybody asks meanwhile where the provider's own books are."""

    def notice(settings: LazySettings, name: str) -> Any:
        if name == OUTSIDE:
            read.add(OUTSIDE)
        return LazyObject.__getattribute__(settings, name)

    with patch.object(LazySettings, "__getattribute__", notice):
        yield
