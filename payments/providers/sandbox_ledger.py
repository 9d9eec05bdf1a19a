"""The sandbox provider's own books: a SQLite file that no transaction of the shop touches.

Every answer is durable before it is given (WAL, synchronous FULL), and many processes and threads
may write at once. Amounts are agorot. `entries` is only ever added to: an outside judge adds it up.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS holds (
    reference TEXT PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('HELD', 'CAPTURED', 'VOIDED', 'DECLINED')),
    amount INTEGER NOT NULL CHECK (amount > 0),
    captured INTEGER NOT NULL DEFAULT 0 CHECK (captured BETWEEN 0 AND amount),
    refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND captured),
    brand TEXT NOT NULL, last4 TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
    metadata TEXT NOT NULL, ready_at REAL NOT NULL, created_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS requests (
    key TEXT PRIMARY KEY, body TEXT NOT NULL, answer TEXT NOT NULL, ready_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT NOT NULL, kind TEXT NOT NULL,
    amount INTEGER NOT NULL, key TEXT NOT NULL, at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS entries_reference ON entries (reference);
CREATE TABLE IF NOT EXISTS weather (
    one INTEGER PRIMARY KEY CHECK (one = 1), mode TEXT NOT NULL, latency REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS challenges (
    reference TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, amount INTEGER NOT NULL,
    brand TEXT NOT NULL, last4 TEXT NOT NULL, metadata TEXT NOT NULL, created_at REAL NOT NULL
);
"""
_here = threading.local()

Answer = dict[str, Any]


class Ledger:
    """The books in the file at `path`, made on first use."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self.clock = clock

    def once(
        self,
        *,
        key: str,
        body: str,
        latency: float,
        act: Callable[[sqlite3.Connection, float], Answer],
    ) -> tuple[Answer, float, bool]:
        """Do `act` unless `key` was seen. Returns its answer, when it is given, and whether it is new.

        Raises KeyReused when `key` came with another body. Writes and the record of them are one
        transaction: a killed process leaves both or neither.
        """
        with self._transaction() as books:
            seen = books.execute(
                "SELECT body, answer, ready_at FROM requests WHERE key = ?", [key]
            ).fetchone()
            if seen is not None:
                if seen["body"] != body:
                    raise KeyReused(key)
                return json.loads(seen["answer"]), seen["ready_at"], False
            ready_at = self.clock() + latency
            answer = act(books, ready_at)
            books.execute(
                "INSERT INTO requests VALUES (?, ?, ?, ?)",
                [key, body, json.dumps(answer), ready_at],
            )
            return answer, ready_at, True

    def hold(self, *, key: str = "", reference: str = "") -> sqlite3.Row | None:
        """The hold asked for with `key`, or called `reference`; those under way are invisible."""
        column, value = ("reference", reference) if reference else ("key", key)
        row: sqlite3.Row | None = (
            self._books()
            .execute(
                f"SELECT * FROM holds WHERE {column} = ? AND ready_at <= ?",  # noqa: S608
                [value, self.clock()],
            )
            .fetchone()
        )
        return row

    def challenge(self, *, key: str = "", reference: str = "") -> sqlite3.Row | None:
        """What waits for its cardholder: asked for with `key`, or called `reference`."""
        column, value = ("reference", reference) if reference else ("key", key)
        row: sqlite3.Row | None = (
            self._books()
            .execute(f"SELECT * FROM challenges WHERE {column} = ?", [value])  # noqa: S608
            .fetchone()
        )
        return row

    def end_challenge(self, *, reference: str, status: str, reason: str = "") -> bool:
        """The cardholder has decided, or nobody waits any more; False when that was known before."""
        with self._transaction() as books:
            return end_challenge(books, reference, status, reason, self.clock())

    def refunds(self, *, reference: str) -> dict[str, int]:
        rows = self._books().execute(
            "SELECT key, amount FROM entries WHERE reference = ? AND kind = 'REFUND'", [reference]
        )
        return {row["key"]: row["amount"] for row in rows}

    def holds(self) -> Iterator[sqlite3.Row]:
        """Every hold, oldest first, for an outside judge."""
        yield from self._books().execute("SELECT * FROM holds ORDER BY created_at, reference")

    def entries(self) -> Iterator[sqlite3.Row]:
        yield from self._books().execute("SELECT * FROM entries ORDER BY id")

    def set_weather(self, *, mode: str, latency: float = 0.0) -> None:
        """How the provider behaves from now on, for every process: see `Weather` of the adapter."""
        with self._transaction() as books:
            books.execute("INSERT OR REPLACE INTO weather VALUES (1, ?, ?)", [mode, latency])

    def weather(self) -> tuple[str, float]:
        row = self._books().execute("SELECT mode, latency FROM weather").fetchone()
        return (row["mode"], row["latency"]) if row else ("", 0.0)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        books = self._books()
        books.execute("BEGIN IMMEDIATE")
        try:
            yield books
        except BaseException:
            books.execute("ROLLBACK")
            raise
        books.execute("COMMIT")

    def _books(self) -> sqlite3.Connection:
        """This thread's connection. A forked child never uses its parent's."""
        owner = (os.getpid(), str(self.path))
        if getattr(_here, "owner", None) != owner:
            _here.books = self._open()
            _here.owner = owner
        return _here.books

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        books = sqlite3.connect(self.path, timeout=10.0, isolation_level=None)
        books.row_factory = sqlite3.Row
        books.execute("PRAGMA busy_timeout = 10000")
        _begin_wal(books)
        books.execute("PRAGMA synchronous = FULL")
        if (
            books.execute("SELECT 1 FROM sqlite_master WHERE name = 'challenges'").fetchone()
            is None
        ):
            books.executescript(SCHEMA)  # one by one: the last table stands for all of them
        return books


def end_challenge(
    books: sqlite3.Connection, reference: str, status: str, reason: str, now: float
) -> bool:
    """Make a challenge a hold of that status, in the caller's transaction; False where none waits."""
    row = books.execute("SELECT * FROM challenges WHERE reference = ?", [reference]).fetchone()
    if row is None:
        return False
    books.execute("DELETE FROM challenges WHERE reference = ?", [reference])
    books.execute(
        "INSERT INTO holds (reference, key, status, amount, brand, last4, reason, metadata,"
        " ready_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            reference,
            row["key"],
            status,
            row["amount"],
            row["brand"],
            row["last4"],
            reason,
            row["metadata"],
            now,
            row["created_at"],
        ],
    )
    kind = {"HELD": "HOLD", "VOIDED": "VOID"}.get(status, "DECLINE")
    books.execute(
        "INSERT INTO entries (reference, kind, amount, key, at) VALUES (?, ?, ?, ?, ?)",
        [reference, kind, row["amount"], row["key"], now],
    )
    return True


def _begin_wal(books: sqlite3.Connection) -> None:
    """SQLite does not wait its busy time for this switch when several open the same new file."""
    until = time.monotonic() + 10
    while True:
        try:
            books.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)


class KeyReused(Exception):
    """An idempotency key came again with another body."""
