"""Counters in Redis, which may be killed or freeze at any time: then PostgreSQL counts.

What is no counter is as if it were not there. A server that does not answer is left alone for a few
seconds, after which one of us asks again.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import redis
import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.cache import PostgresCache

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 0.3
LEFT_ALONE_SECONDS = 5.0
MOST_CONNECTIONS = 64
COUNTERS = "limit:"
SCANNED_AT_ONCE = 1000
T = TypeVar("T")
INCREMENT = (
    "if redis.call('EXISTS', KEYS[1]) == 0 then return false end "
    "return redis.call('INCRBY', KEYS[1], ARGV[1])"
)


@dataclass
class Server:
    """One Redis, for all threads of this process."""

    client: redis.Redis
    silent_until: float = 0.0


@functools.cache
def _server(url: str) -> Server:
    client = redis.Redis.from_url(
        url,
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
        max_connections=MOST_CONNECTIONS,
    )
    return Server(client=client)


class RedisCache(PostgresCache):
    """As `PostgresCache`, whose table takes over the counters while Redis is silent."""

    def __init__(self, url: str, params: dict[str, Any]) -> None:
        super().__init__("mami_cache", params)
        self._server = _server(url)

    def _ask(
        self, key: str, act: Callable[[redis.Redis], T], otherwise: Callable[[], T], empty: T
    ) -> T:
        """What Redis answers; while it is silent a counter's row, and of anything else nothing."""
        server, now = self._server, time.monotonic()
        if now >= server.silent_until:
            was_silent = server.silent_until > 0
            if was_silent:
                server.silent_until = now + LEFT_ALONE_SECONDS  # one of us asks, the others wait
            try:
                answer = act(server.client)
            except redis.RedisError as error:
                server.silent_until = time.monotonic() + LEFT_ALONE_SECONDS
                log.warning("redis_silent", error=type(error).__name__)
            else:
                if was_silent:
                    server.silent_until = 0.0
                    log.info("redis_answers_again")
                return answer
        return otherwise() if key.startswith(COUNTERS) else empty

    def _milliseconds(self, timeout: Any) -> int | None:
        until = self.get_backend_timeout(timeout)
        return None if until is None else max(1, round((until - time.time()) * 1000))

    def add(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        name, lasting = self._key(key, version), self._milliseconds(timeout)
        return self._ask(
            key,
            lambda server: bool(server.set(name, _packed(value), px=lasting, nx=True)),
            lambda: super(RedisCache, self).add(key, value, timeout, version),
            True,
        )

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        name = self._key(key, version)
        return self._ask(
            key,
            lambda server: _unpacked(server.get(name), default),
            lambda: super(RedisCache, self).get(key, default, version),
            default,
        )

    def set(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        name, lasting = self._key(key, version), self._milliseconds(timeout)

        def act(server: redis.Redis) -> None:
            server.set(name, _packed(value), px=lasting)

        self._ask(key, act, lambda: super(RedisCache, self).set(key, value, timeout, version), None)

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        name, lasting = self._key(key, version), self._milliseconds(timeout)

        def act(server: redis.Redis) -> bool:
            return bool(server.persist(name) if lasting is None else server.pexpire(name, lasting))

        return self._ask(
            key, act, lambda: super(RedisCache, self).touch(key, timeout, version), False
        )

    def delete(self, key: str, version: int | None = None) -> bool:
        name = self._key(key, version)
        return self._ask(
            key,
            lambda server: bool(server.delete(name)),
            lambda: super(RedisCache, self).delete(key, version),
            False,
        )

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        name = self._key(key, version)

        def act(server: redis.Redis) -> int | None:
            found: Any = server.eval(INCREMENT, 1, name, str(delta))
            return None if found is None else int(found)

        number = self._ask(
            key, act, lambda: super(RedisCache, self).incr(key, delta, version), None
        )
        if number is None:
            raise ValueError(f"Key {key!r} not found")
        return number

    def tally(self, windows: Mapping[str, int]) -> dict[str, int]:
        def act(server: redis.Redis) -> dict[str, int]:
            pipe = server.pipeline(transaction=True)
            for key, seconds in windows.items():
                pipe.incr(self._key(key, None))
                pipe.expire(
                    self._key(key, None), seconds, nx=True
                )  # the first one opens the window
            return dict(zip(windows, map(int, pipe.execute()[::2]), strict=True))

        return self._ask(COUNTERS, act, lambda: super(RedisCache, self).tally(windows), {})

    def expires_at(self, key: str) -> float:
        name = self._key(key, None)

        def act(server: redis.Redis) -> float:
            left: Any = server.pttl(name)
            return time.time() + left / 1000 if left > 0 else 0.0

        return self._ask(key, act, lambda: super(RedisCache, self).expires_at(key), 0.0)

    def reached_elsewhere(self, beginning: str, number: int, *, seconds: float = 1.0) -> int:
        """How many do as far as Redis knows. It walks through all keys: for figures, not for requests."""
        pattern, until = f"{self._key(beginning, None)}*", time.monotonic() + seconds

        def act(server: redis.Redis) -> int:
            found, cursor = set[bytes](), 0
            while True:
                step: Any = server.scan(cursor, match=pattern, count=SCANNED_AT_ONCE)
                cursor, names = step
                values: Any = server.mget(names) if names else []
                found |= {
                    name
                    for name, value in zip(names, values, strict=True)
                    if value is not None and int(value) >= number
                }
                if cursor == 0:
                    return len(found)
                if time.monotonic() > until:
                    raise TimeoutError(f"there are too many keys to count {pattern}")

        return self._ask(COUNTERS, act, lambda: 0, 0)

    def has_key(self, key: str, version: int | None = None) -> bool:
        return self.get(key, None, version) is not None

    def clear(self) -> None:
        """Ours alone: others may live in the same Redis."""

        def act(server: redis.Redis) -> None:
            for name in server.scan_iter(match=f"{self.key_prefix}:*"):
                server.delete(name)

        self._ask(COUNTERS, act, lambda: None, None)
        super().clear()


def _packed(value: Any) -> str:
    """As JSON: a number is one that Redis can count with, and nothing in it can be run."""
    return json.dumps(value)


def _unpacked(stored: Any, default: Any) -> Any:
    return default if stored is None else json.loads(stored)
