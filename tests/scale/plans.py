"""What a request reads: the plans of each of its statements, with the rows that were really read.

A statement has two plans. One is made for its values. The other is kept by the server for a statement that
a connection has prepared and asked some times, whatever the values are: it cannot know that a status in a
parameter is one that a partial index is made for, so such a condition has to stand in the text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from core.prepared_statements import asks_by_pattern

MOST_ROWS = 45_000  # of one table, by one step of a plan; lists are counted up to 10,000
LARGE = 20_000  # rows of a table
WHOLE = 0.6  # of the rows, walked from one end: more than a list that is counted to its bound
READS = ("SELECT", "WITH", "(SELECT")
WRITES = ("INSERT", "UPDATE", "DELETE")
KEPT_PLAN = """
    LOAD 'auto_explain';
    SET auto_explain.log_analyze = on;
    SET auto_explain.log_timing = off;
    SET auto_explain.log_format = 'json';
    SET auto_explain.log_level = 'notice';
    SET auto_explain.log_min_duration = 0;
    SET plan_cache_mode = 'force_generic_plan'
"""
OWN_PLAN = "SET auto_explain.log_min_duration = -1; RESET plan_cache_mode"


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
    _kept: set[str] = field(default_factory=set)

    @contextmanager
    def watching(self, where: str) -> Iterator[None]:
        self.where = where
        with connection.execute_wrapper(self):
            yield

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        self.statements += 1
        text = str(sql).lstrip()
        begins = text.upper().startswith
        if many or not (begins(READS) or begins(WRITES)):
            return execute(sql, params, many, context)
        asked = hash((text, repr(params)))
        if asked not in self._seen:
            self._seen.add(asked)
            # A write is planned only: it happens once.
            how = "ANALYZE, TIMING OFF, SUMMARY OFF," if begins(READS) else ""
            self._explain(f"EXPLAIN ({how} COSTS OFF, FORMAT JSON) {text}", params, text)
        if text in self._kept or asks_by_pattern(text):
            return execute(sql, params, many, context)
        self._kept.add(text)
        with self._plans_kept(text):
            return execute(sql, params, many, context)

    def _explain(self, question: str, params: Any, text: str) -> None:
        with connection.connection.cursor() as cursor:  # past this very watch
            cursor.execute(question, params)
            told = cursor.fetchone()[0]
        plan = json.loads(told) if isinstance(told, str) else told
        self._judge(plan[0]["Plan"], text, "")

    @contextmanager
    def _plans_kept(self, text: str) -> Iterator[None]:
        """What is asked meanwhile has the plan that the server would keep."""
        server, told = connection.connection, []
        handler = lambda notice: told.append(notice.message_primary or "")  # noqa: E731
        server.execute(KEPT_PLAN)
        server.add_notice_handler(handler)
        try:
            yield
            server.execute(OWN_PLAN)
        finally:
            server.remove_notice_handler(handler)
        for message in told:
            _duration, is_plan, plan = message.partition("plan:")
            if is_plan:
                self._judge(json.loads(plan)["Plan"], text, " (kept)")

    def _judge(self, plan: dict[str, Any], text: str, which: str) -> None:
        for step in _steps(plan):
            name = step.get("Index Name", "")
            table = step.get("Relation Name") or self.indexes.get(name, "")
            if table not in self.tables:
                continue
            rows, kind = _read(step), step["Node Type"]
            walks = kind == "Seq Scan" or ("Index" in kind and "Index Cond" not in step)
            whole = walks and (rows > WHOLE * self.tables[table] or "Actual Rows" not in step)
            if whole or rows > MOST_ROWS:
                shown = f"{kind} {name}".strip() + which
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
