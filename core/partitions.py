"""Tables that only grow, one part a month: made so once by `manage.py partition`, kept going by `migrate`.

Django knows the table as it always did, and asks it in the same words. What was there becomes the first
part, as it stands: no row is moved. Each part has its own primary key; the numbers of all of them come
from one sequence. What comes when no month is ready for it goes into the part `…_rest`.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.db import connections, transaction
from psycopg import sql

MONTHS_AHEAD = 24
LOCK_SECONDS = 2
KIND = "SELECT relkind::text FROM pg_class WHERE oid = to_regclass(%s::text)"
PARTS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = to_regclass(%s::text) ORDER BY 1
"""
BOUNDS = """
SELECT conname FROM pg_constraint WHERE conrelid = %s::text::regclass AND conname LIKE '%%\\_to\\_%%'
"""
INDEXES = """
SELECT c.relname, pg_get_indexdef(i.indexrelid), i.indisprimary
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = %s::text::regclass ORDER BY 1
"""
KEYS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = %s::text::regclass AND contype = 'f' ORDER BY 1
"""
TRIGGERS = """
SELECT tgname, pg_get_triggerdef(oid), tgtype & 1 = 1, obj_description(oid, 'pg_trigger')
FROM pg_trigger WHERE tgrelid = %s::text::regclass AND NOT tgisinternal ORDER BY 1
"""
NEXT_NUMBER = """
SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(%s::text, 'id')::regclass), 0) + 1
"""


class MonthlyTable:
    """A table with `id` and `created_at` to which rows are only added."""

    def __init__(self, name: str, *, using: str = "default") -> None:
        self.name, self.using = name, using

    @property
    def is_partitioned(self) -> bool:
        return self._rows(KIND) == [("p",)]

    @property
    def parts(self) -> list[str]:
        return [name for (name,) in self._rows(PARTS)]

    def convert(self, *, today: dt.date) -> None:
        """Make what is there the first part of a new table of the same name.

        Every row is looked at once, while others read and write; what locks the table takes moments.
        Raises OperationalError where somebody held it for two seconds: to be tried again.
        """
        former = self._bounded(today)
        with transaction.atomic(using=self.using):
            self._do("SET LOCAL statement_timeout TO 0")
            self._do("ALTER TABLE {t} VALIDATE CONSTRAINT {former}", former=former)
        with transaction.atomic(using=self.using):
            self._wait_briefly()
            self._do("LOCK TABLE {t} IN ACCESS EXCLUSIVE MODE")
            self._exchange(former)
            self._months_ahead(today)
            self._do("CREATE TABLE {part} PARTITION OF {t} DEFAULT", part=f"{self.name}_rest")
            self._finish(f"{self.name}_rest")
        self._do("ANALYZE {t}")

    def extend(self, *, today: dt.date) -> None:
        """See to it that the months ahead have their parts."""
        with transaction.atomic(using=self.using):
            self._wait_briefly()
            self._months_ahead(today)

    def _bounded(self, today: dt.date) -> str:
        """The constraint that nothing there is later than next month, by which attaching it looks at no
        row; the former table is called the same.
        """
        for (name,) in self._rows(BOUNDS):
            return str(name)  # of a try that was ended before the exchange
        ends = _next(_next(today))  # not at midnight, in the midst of this
        name = f"{self.name}_to_{ends:%Y%m}"
        with transaction.atomic(using=self.using):
            self._wait_briefly()
            self._do(
                "ALTER TABLE {t} ADD CONSTRAINT {name} CHECK (created_at < {ends}) NOT VALID",
                name=name, ends=_literal(ends),
            )  # fmt: skip
        return name

    def _exchange(self, former: str) -> None:
        indexes, keys = self._rows(INDEXES), self._rows(KEYS)
        triggers, ((number,),) = self._rows(TRIGGERS), self._rows(NEXT_NUMBER)
        self._do("ALTER TABLE {t} ALTER COLUMN id DROP IDENTITY")
        self._do("ALTER TABLE {t} RENAME TO {former}", former=former)
        for name, _text, _primary in indexes:
            self._do(
                "ALTER INDEX {name} RENAME TO {before}", name=name, before=f"{name[:50]}_before"
            )
        for name, _text, each_row, _said in triggers:
            if each_row:  # the new table hands its own on to each part
                self._do("DROP TRIGGER {name} ON {former}", name=name, former=former)
        self._do(
            "CREATE TABLE {t} (LIKE {former} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)"
            " PARTITION BY RANGE (created_at)",
            former=former,
        )
        self._do("ALTER TABLE {t} DROP CONSTRAINT {former}", former=former)
        self._do(
            "ALTER TABLE {t} ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (START WITH {number})",
            number=sql.Literal(number),
        )
        for name, text in keys:
            self._do("ALTER TABLE {t} ADD CONSTRAINT {name} {text}", name=name, text=sql.SQL(text))
        for _name, text, primary in indexes:
            if not primary:
                self._do("{text}", text=sql.SQL(text))
        for name, text, _each_row, said in triggers:
            self._do("{text}", text=sql.SQL(text))
            self._do(
                "COMMENT ON TRIGGER {name} ON {t} IS {said}", name=name, said=sql.Literal(said)
            )
        ends = dt.date(int(former[-6:-2]), int(former[-2:]), 1)
        self._do(
            "ALTER TABLE {t} ATTACH PARTITION {former} FOR VALUES FROM (MINVALUE) TO ({ends})",
            former=former, ends=_literal(ends),
        )  # fmt: skip

    def _months_ahead(self, today: dt.date) -> None:
        there = self.parts
        begun = max(re.findall(rf"{self.name}_to_(\d{{6}})", " ".join(there)), default="")
        month = today.replace(day=1)
        for _ in range(MONTHS_AHEAD):
            part = f"{self.name}_{month:%Y%m}"
            if part not in there and f"{month:%Y%m}" >= begun:
                self._do(
                    "CREATE TABLE {part} PARTITION OF {t} FOR VALUES FROM ({begins}) TO ({ends})",
                    part=part, begins=_literal(month), ends=_literal(_next(month)),
                )  # fmt: skip
                self._finish(part)
            month = _next(month)

    def _finish(self, part: str) -> None:
        """What the table does not hand on: the key, and triggers of whole statements."""
        self._do("ALTER TABLE {part} ADD PRIMARY KEY (id)", part=part)
        for _name, text, each_row, _said in self._rows(TRIGGERS):
            if not each_row:
                told = re.sub(rf"\bON (public\.)?{self.name}\b", f"ON {part}", text)
                self._do("{text}", text=sql.SQL(told))

    def _wait_briefly(self) -> None:
        self._do(f"SET LOCAL lock_timeout TO '{LOCK_SECONDS}s'")

    def _do(self, statement: str, **parts: str | sql.Composable) -> None:
        names = {
            name: part if isinstance(part, sql.Composable) else sql.Identifier(part)
            for name, part in {"t": self.name, **parts}.items()
        }
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(**names))

    def _rows(self, question: str) -> list[tuple[Any, ...]]:
        with connections[self.using].cursor() as cursor:
            cursor.execute(question, [self.name])
            return list(cursor.fetchall())


def parts_of(names: list[str], *, using: str) -> list[str]:
    """Every part of those of these tables that have any."""
    return [part for name in names for part in MonthlyTable(name, using=using).parts]


def _next(day: dt.date) -> dt.date:
    """The first of the month after."""
    return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def _literal(day: dt.date) -> sql.Literal:
    return sql.Literal(f"{day:%Y-%m-%d} 00:00:00+00")
