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
from contextlib import contextmanager, suppress
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
    metadata TEXT NOT NULL, ready_at REAL NOT NULL, created_at REAL NOT NULL,
    expires_at REAL
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
CREATE TABLE IF NOT EXISTS disputes (
    reference TEXT PRIMARY KEY, hold TEXT NOT NULL, amount INTEGER NOT NULL, fee INTEGER NOT NULL,
    reason TEXT NOT NULL, status TEXT NOT NULL, opened_at REAL NOT NULL, answer_by REAL NOT NULL,
    closed_at REAL, answer TEXT NOT NULL DEFAULT '', file BLOB
);
CREATE INDEX IF NOT EXISTS disputes_opened ON disputes (opened_at);
CREATE TABLE IF NOT EXISTS verifications (
    reference TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('ACTION_REQUIRED', 'HELD', 'VOIDED', 'DECLINED')),
    token TEXT NOT NULL, brand TEXT NOT NULL, last4 TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
    metadata TEXT NOT NULL, created_at REAL NOT NULL
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
        """The hold asked for with `key`, or called `reference`; those under way are invisible.

        One that has run out is let go first.
        """
        self.expire_due()
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

    def end_challenge(
        self, *, reference: str, status: str, reason: str = "", lasts: float = 0.0
    ) -> bool:
        """The cardholder has decided, or nobody waits any more; False when that was known before.

        A hold `lasts` so many seconds.
        """
        now = self.clock()
        with self._transaction() as books:
            ends = now + lasts if lasts else None
            return end_challenge(books, reference, status, reason, now, expires_at=ends)

    def verification(self, *, key: str = "", reference: str = "") -> sqlite3.Row | None:
        """The check of a card asked for with `key`, or called `reference`."""
        column, value = ("reference", reference) if reference else ("key", key)
        row: sqlite3.Row | None = (
            self._books()
            .execute(f"SELECT * FROM verifications WHERE {column} = ?", [value])  # noqa: S608
            .fetchone()
        )
        return row

    def end_verification(self, *, reference: str, status: str, reason: str = "") -> bool:
        """The cardholder has decided about a check of their card; False when that was known before."""
        with self._transaction() as books:
            return end_verification(books, reference, status, reason)

    def expire_due(self) -> int:
        """Let go of every hold that has run out; their number."""
        due = "status = 'HELD' AND expires_at <= ?"
        now = self.clock()
        found = self._books().execute(f"SELECT 1 FROM holds WHERE {due} LIMIT 1", [now])  # noqa: S608
        if found.fetchone() is None:
            return 0
        with self._transaction() as books:
            return expire_due(books, now)

    def expire(self, *, order_number: str) -> list[str]:
        """Let the holds of an order run out now, for drills; their references."""
        with self._transaction() as books:
            changed = books.execute(
                "UPDATE holds SET expires_at = ? WHERE status = 'HELD'"
                " AND json_extract(metadata, '$.order_number') = ? RETURNING reference",
                [self.clock(), order_number],
            ).fetchall()
            expire_due(books, self.clock())
        return [str(row["reference"]) for row in changed]

    def disputes(self, *, since: float) -> list[sqlite3.Row]:
        """What was contested, or decided, after `since` and by now."""
        return list(
            self._books().execute(
                "SELECT * FROM disputes WHERE opened_at <= ?"
                " AND (opened_at >= ? OR closed_at >= ? OR status IN ('OPEN', 'ANSWERED'))"
                " ORDER BY opened_at, reference",
                [self.clock(), since, since],
            )
        )

    def account(self, *, start: float, end: float) -> tuple[list[sqlite3.Row], list[sqlite3.Row]]:
        """What moved between two instants: entries, and disputes opened or won."""
        books, now = self._books(), self.clock()
        entries = books.execute(
            "SELECT reference, kind, amount FROM entries"
            " WHERE kind IN ('CAPTURE', 'REFUND') AND at >= ? AND at < ? ORDER BY id",
            [start, end],
        )
        disputes = books.execute(
            "SELECT *, opened_at >= ? AND opened_at < ? AS opened,"
            " status = 'WON' AND closed_at >= ? AND closed_at < ? AS won"
            " FROM disputes WHERE opened_at <= ?",
            [start, end, start, end, now],
        )
        return list(entries), list(disputes)

    def dispute(self, *, order_number: str, reason: str) -> bool:
        """Let the bank contest the charge of an order now; False where it has none."""
        with self._transaction() as books:
            row = books.execute(
                "SELECT * FROM holds WHERE status = 'CAPTURED'"
                " AND json_extract(metadata, '$.order_number') = ?",
                [order_number],
            ).fetchone()
            if row is None:
                return False
            open_dispute(books, row, amount=row["captured"], reason=reason, at=self.clock())
            return True

    def decide(self, *, order_number: str, status: str) -> int:
        """Let the bank decide about an order's open disputes; their number."""
        now = self.clock()
        with self._transaction() as books:
            changed = books.execute(
                "UPDATE disputes SET status = ?, closed_at = ? WHERE status IN ('OPEN', 'ANSWERED')"
                " AND hold IN (SELECT reference FROM holds"
                " WHERE json_extract(metadata, '$.order_number') = ?)",
                [status, now, order_number],
            ).rowcount
        return int(changed)

    def refunds(self, *, reference: str) -> dict[str, int]:
        rows = self._books().execute(
            "SELECT key, amount FROM entries WHERE reference = ? AND kind = 'REFUND'", [reference]
        )
        return {row["key"]: row["amount"] for row in rows}

    def holds(self) -> Iterator[sqlite3.Row]:
        """Every hold, oldest first, for an outside judge."""
        self.expire_due()
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
            books.execute("SELECT 1 FROM sqlite_master WHERE name = 'disputes_opened'").fetchone()
            is None
            or books.execute("SELECT 1 FROM sqlite_master WHERE name = 'verifications'").fetchone()
            is None
        ):
            books.executescript(SCHEMA)  # one by one: the last table stands for all of them
            _add_expiry(books)
        return books


def open_dispute(
    books: sqlite3.Connection, hold: sqlite3.Row, *, amount: int, reason: str, at: float
) -> None:
    """The bank contests `amount` of a captured hold, in the caller's transaction."""
    number = books.execute("SELECT count(*) FROM disputes").fetchone()[0] + 1
    books.execute(
        "INSERT INTO disputes (reference, hold, amount, fee, reason, status, opened_at, answer_by)"
        " VALUES (?, ?, ?, 1500, ?, 'OPEN', ?, ?)",
        [f"sbx_dp_{number}_{hold['reference'][4:]}", hold["reference"], amount, reason, at,
         at + 7 * 24 * 3600],
    )  # fmt: skip


def end_challenge(
    books: sqlite3.Connection,
    reference: str,
    status: str,
    reason: str,
    now: float,
    *,
    expires_at: float | None = None,
) -> bool:
    """Make a challenge a hold of that status, in the caller's transaction; False where none waits."""
    row = books.execute("SELECT * FROM challenges WHERE reference = ?", [reference]).fetchone()
    if row is None:
        return False
    books.execute("DELETE FROM challenges WHERE reference = ?", [reference])
    books.execute(
        "INSERT INTO holds (reference, key, status, amount, brand, last4, reason, metadata,"
        " ready_at, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
            expires_at,
        ],
    )
    kind = {"HELD": "HOLD", "VOIDED": "VOID"}.get(status, "DECLINE")
    books.execute(
        "INSERT INTO entries (reference, kind, amount, key, at) VALUES (?, ?, ?, ?, ?)",
        [reference, kind, row["amount"], row["key"], now],
    )
    return True


def end_verification(books: sqlite3.Connection, reference: str, status: str, reason: str) -> bool:
    """Settle a check that waits for its cardholder, in the caller's transaction."""
    changed = books.execute(
        "UPDATE verifications SET status = ?, reason = ?"
        " WHERE reference = ? AND status = 'ACTION_REQUIRED'",
        [status, reason, reference],
    )
    return changed.rowcount == 1


def expire_due(books: sqlite3.Connection, now: float) -> int:
    """Let go of the holds that have run out, in the caller's transaction; their number."""
    due = books.execute(
        "SELECT reference, amount, key FROM holds WHERE status = 'HELD' AND expires_at <= ?", [now]
    ).fetchall()
    for row in due:
        books.execute(
            "UPDATE holds SET status = 'VOIDED', reason = 'expired' WHERE reference = ?",
            [row["reference"]],
        )
        books.execute(
            "INSERT INTO entries (reference, kind, amount, key, at) VALUES (?, 'EXPIRE', ?, ?, ?)",
            [row["reference"], row["amount"], row["key"], now],
        )
    return len(due)


def _add_expiry(books: sqlite3.Connection) -> None:
    """Books that were begun before holds ran out get the column."""
    columns = {row["name"] for row in books.execute("PRAGMA table_info(holds)")}
    if "expires_at" not in columns:
        with suppress(sqlite3.OperationalError):  # another process was quicker
            books.execute("ALTER TABLE holds ADD COLUMN expires_at REAL")
    books.execute(
        "CREATE INDEX IF NOT EXISTS holds_running ON holds (expires_at) WHERE status = 'HELD'"
    )


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
