"""A small cache in our own PostgreSQL whose `add` and `incr` are one statement each.

Django's DatabaseCache reads, then writes: counters lose increments when workers race. Here each
operation is one upsert on an UNLOGGED table, so rate limits count right across workers. The
table is emptied by a crash of the server, which a cache may be.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Mapping
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection

CREATE = """
CREATE UNLOGGED TABLE IF NOT EXISTS {table} (
    key text PRIMARY KEY,
    number bigint,
    value bytea,
    expires_at double precision NOT NULL
);
CREATE INDEX IF NOT EXISTS {table}_expires ON {table} (expires_at)
"""
FOREVER = 1e15


class PostgresCache(BaseCache):
    """Keys to integers (kept as such, for counting) or pickled values, each with an expiry."""

    def __init__(self, table: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self.table = table

    def _until(self, timeout: Any) -> float:
        seconds = self.get_backend_timeout(timeout)
        return FOREVER if seconds is None else seconds

    def _key(self, key: str, version: int | None) -> str:
        return str(self.make_and_validate_key(key, version=version))

    def _run(self, sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql.format(table=self.table), params)
            return list(cursor.fetchall()) if cursor.description else []

    def add(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        number, blob = _split(value)
        rows = self._run(
            "INSERT INTO {table} AS c VALUES (%s, %s, %s, %s) ON CONFLICT (key) DO UPDATE SET"
            " number = EXCLUDED.number, value = EXCLUDED.value, expires_at = EXCLUDED.expires_at"
            " WHERE c.expires_at <= %s RETURNING 1",
            [self._key(key, version), number, blob, self._until(timeout), time.time()],
        )
        return bool(rows)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        rows = self._run(
            "SELECT number, value FROM {table} WHERE key = %s AND expires_at > %s",
            [self._key(key, version), time.time()],
        )
        return _join(*rows[0]) if rows else default

    def set(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        number, blob = _split(value)
        self._run(
            "INSERT INTO {table} VALUES (%s, %s, %s, %s) ON CONFLICT (key) DO UPDATE SET"
            " number = EXCLUDED.number, value = EXCLUDED.value, expires_at = EXCLUDED.expires_at",
            [self._key(key, version), number, blob, self._until(timeout)],
        )

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        rows = self._run(
            "UPDATE {table} SET expires_at = %s WHERE key = %s AND expires_at > %s RETURNING 1",
            [self._until(timeout), self._key(key, version), time.time()],
        )
        return bool(rows)

    def delete(self, key: str, version: int | None = None) -> bool:
        rows = self._run(
            "DELETE FROM {table} WHERE key = %s RETURNING 1", [self._key(key, version)]
        )
        return bool(rows)

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        rows = self._run(
            "UPDATE {table} SET number = number + %s"
            " WHERE key = %s AND expires_at > %s AND number IS NOT NULL RETURNING number",
            [delta, self._key(key, version), time.time()],
        )
        if not rows:
            raise ValueError(f"Key {key!r} not found")
        return int(rows[0][0])

    def tally(self, windows: Mapping[str, int]) -> dict[str, int]:
        """Count one more under each key, within windows of so many seconds that the first one
        opens. One statement; the new numbers by key.

        Other caches need `incr`, `add` and a second key for the end of the window.
        """
        now = time.time()
        asked = {self._key(key, None): key for key in windows}
        keys = sorted(asked)  # everybody locks in one order
        rows = self._run(
            "INSERT INTO {table} AS c (key, number, expires_at)"
            " SELECT k, 1, u FROM unnest(%s::text[], %s::float8[]) AS w (k, u)"
            " ON CONFLICT (key) DO UPDATE SET value = NULL,"
            " number = CASE WHEN c.expires_at > %s THEN coalesce(c.number, 0) + 1 ELSE 1 END,"
            " expires_at = CASE WHEN c.expires_at > %s THEN c.expires_at ELSE EXCLUDED.expires_at END"
            " RETURNING key, number",
            [keys, [now + windows[asked[key]] for key in keys], now, now],
        )
        return {asked[key]: int(number) for key, number in rows}

    def expires_at(self, key: str) -> float:
        """When the key will be gone, in seconds since 1970; 0 when it is."""
        rows = self._run("SELECT expires_at FROM {table} WHERE key = %s", [self._key(key, None)])
        return float(rows[0][0]) if rows else 0.0

    def reached_elsewhere(self, beginning: str, number: int, *, seconds: float = 1.0) -> int:
        """How many counters whose keys begin so have come to `number`, of those that are kept beside
        this table. Raises TimeoutError when it takes longer than `seconds`.
        """
        return 0

    def has_key(self, key: str, version: int | None = None) -> bool:
        return bool(
            self._run(
                "SELECT 1 FROM {table} WHERE key = %s AND expires_at > %s",
                [self._key(key, version), time.time()],
            )
        )

    def clear(self) -> None:
        self._run("DELETE FROM {table}", [])

    def cull_expired(self) -> None:
        """Remove what nobody can read any more; run by the nightly job."""
        self._run("DELETE FROM {table} WHERE expires_at <= %s", [time.time()])


def _split(value: Any) -> tuple[int | None, bytes | None]:
    if isinstance(value, int) and not isinstance(value, bool):
        return value, None
    return None, pickle.dumps(value)


def _join(number: int | None, blob: bytes | memoryview | None) -> Any:
    return number if number is not None else pickle.loads(bytes(blob))  # type: ignore[arg-type]  # noqa: S301
