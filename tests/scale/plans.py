"""What a request reads: the plan of each of its statements, with the rows that were really read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

MOST_ROWS = 45_000  # of one table, by one step of a plan; lists are counted up to 10,000
LARGE = 20_000  # rows of a table
WHOLE = 0.6  # of the rows, walked from one end: more than a list that is counted to its bound
READS = ("SELECT", "WITH", "(SELECT")
WRITES = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A statement that reads a large table whole, or too much of it."""

    where: str
    table: str
    step: str
    rows: int
    statement: str

    def __str__(self) -> str:
        return f"{self.where}\n    {self.step} of {self.table}, {self.rows} rows: {self.statement[:1500]}"


@dataclass(kw_only=True)
class Watch:
    """Plans what a connection is asked while `watching`; each question once."""

    tables: dict[str, int]
    indexes: dict[str, str]
    where: str = ""
    found: list[Whole] = field(default_factory=list)
    statements: int = 0
    _seen: set[int] = field(default_factory=set)

    @contextmanager
    def watching(self, where: str) -> Iterator[None]:
        self.where = where
        with connection.execute_wrapper(self):
            yield

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        self.statements += 1
        text = str(sql).lstrip()
        begins = text.upper().startswith
        asked = hash((text, repr(params)))
        if not many and (begins(READS) or begins(WRITES)) and asked not in self._seen:
            self._seen.add(asked)
            # A write is planned only: it happens once.
            how = "ANALYZE, TIMING OFF, SUMMARY OFF," if begins(READS) else ""
            self._judge(f"EXPLAIN ({how} COSTS OFF, FORMAT JSON) {text}", params, text)
        return execute(sql, params, many, context)

    def _judge(self, question: str, params: Any, text: str) -> None:
        with connection.connection.cursor() as cursor:  # past this very watch
            cursor.execute(question, params)
            told = cursor.fetchone()[0]
        plan = json.loads(told) if isinstance(told, str) else told
        for step in _steps(plan[0]["Plan"]):
            name = step.get("Index Name", "")
            table = step.get("Relation Name") or self.indexes.get(name, "")
            if table not in self.tables:
                continue
            rows, kind = _read(step), step["Node Type"]
            walks = kind == "Seq Scan" or ("Index" in kind and "Index Cond" not in step)
            whole = walks and (rows > WHOLE * self.tables[table] or "Actual Rows" not in step)
            if whole or rows > MOST_ROWS:
                shown = f"{kind} {name}".strip()
                self.found.append(
                    Whole(where=self.where, table=table, step=shown, rows=rows, statement=text)
                )


def watch() -> Watch:
    """Of the database that is open: its tables with many rows, by their statistics."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, reltuples::int FROM pg_class WHERE relkind = 'r' AND reltuples >= %s "
            "AND relnamespace = 'public'::regnamespace",
            [LARGE],
        )
        tables = dict(cursor.fetchall())
        cursor.execute("SELECT indexname, tablename FROM pg_indexes WHERE schemaname = 'public'")
        return Watch(tables=tables, indexes=dict(cursor.fetchall()))


def _read(step: dict[str, Any]) -> int:
    """Rows that a step has read, those it threw away included."""
    lost = step.get("Rows Removed by Filter", 0) + step.get("Rows Removed by Index Recheck", 0)
    return round((step.get("Actual Rows", 0) + lost) * step.get("Actual Loops", 1))


def _steps(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield step
    for inner in step.get("Plans", ()):
        yield from _steps(inner)
