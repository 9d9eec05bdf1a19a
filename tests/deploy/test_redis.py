"""Redis may be killed or freeze: limits go on counting, in PostgreSQL, and nobody waits for it."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import caches

from core import limits, redis_cache
from core.cache import PostgresCache
from core.limits import LOGIN_PER_DEVICE, LOGIN_PER_STRANGERS, Limit, RateLimited
from core.redis_cache import ANSWER_SECONDS, RedisCache
from mami import state_figures
from runtime.run.tests.conftest import free_port, patience
from tests.deploy.redis_server import Redis

pytestmark = pytest.mark.django_db(transaction=True)
THREE = Limit(name="three", count=3, seconds=60)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Redis]:
    found = Redis(tmp_path)
    yield found
    found.end()


def cache_at(port: int, monkeypatch: pytest.MonkeyPatch) -> RedisCache:
    """The shop's cache, for the time of a test."""
    made = RedisCache(f"redis://127.0.0.1:{port}/0", {"KEY_PREFIX": "mami"})
    monkeypatch.setattr(limits, "cache", made)
    monkeypatch.setattr(limits, "caches", {"default": made})
    return made


def in_postgres() -> int | None:
    """What PostgreSQL has counted meanwhile."""
    own = caches["default"]
    assert isinstance(own, PostgresCache)
    key = THREE._key("ada")
    return PostgresCache("mami_cache", {"KEY_PREFIX": "mami"}).get(key)


@pytest.mark.deploy
def test_it_counts_as_the_table_does(server: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = cache_at(server.port, monkeypatch)
    for _ in range(3):
        THREE.hit("ada")
    with pytest.raises(RateLimited) as refused:
        THREE.hit("ada")
    assert 1 <= refused.value.details["retry_after"] <= 60
    with pytest.raises(RateLimited):
        THREE.check("ada")
    THREE.uncount("ada")
    THREE.forget("ada")
    THREE.check("ada")
    assert in_postgres() is None
    assert cache.add("a", {"b": [1]}, 60)
    assert not cache.add("a", 2, 60)
    assert cache.get("a") == {"b": [1]}
    assert cache.touch("a", 60)
    assert cache.delete("a")
    with pytest.raises(ValueError, match="not found"):
        cache.incr("a")
    cache.clear()


@pytest.mark.deploy
def test_guarded_accounts_are_seen_wherever_tries_are_counted(
    server: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> int:
        samples = state_figures._with_guarded_elsewhere([(state_figures.GUARDED, {}, 1.0)])
        return int(samples[0][2]) - 1

    cache = cache_at(server.port, monkeypatch)
    for person in range(3):
        for _ in range(LOGIN_PER_STRANGERS.count - (person == 0)):
            LOGIN_PER_STRANGERS.hit(f"{person}@mami.test")
    for _ in range(LOGIN_PER_DEVICE.count):
        LOGIN_PER_DEVICE.hit("7")
    assert told() == 2, "nine tries are no guard, and other limits are none"
    LOGIN_PER_STRANGERS.forget("1@mami.test")
    assert told() == 1
    assert THREE.spent_elsewhere() == 0
    monkeypatch.setattr(redis_cache, "SCANNED_AT_ONCE", 1)
    for number in range(50):
        cache.set(f"other-{number}", 1)
    with pytest.raises(TimeoutError):
        cache.reached_elsewhere("limit:", 1, seconds=0)
    server.process.send_signal(signal.SIGSTOP)
    assert told() == 0, "while it is silent, the table counts"


@pytest.mark.deploy
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_without_it_the_limit_holds_and_nobody_waits(
    server: Redis, monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    cache = cache_at(server.port, monkeypatch)
    THREE.hit("ada")
    cache.set("other", 7)
    server.process.send_signal(how)
    began = time.monotonic()
    for _ in range(3):
        THREE.hit("ada")
    assert time.monotonic() - began < (2 * ANSWER_SECONDS + 0.5) * patience()
    assert in_postgres() == 3
    with pytest.raises(RateLimited):
        THREE.hit("ada")
    assert cache.get("other", "nothing") == "nothing"
    began = time.monotonic()
    for _ in range(50):
        cache.get("other")
    assert time.monotonic() - began < ANSWER_SECONDS * patience(), "it is left alone for a while"

    if how is signal.SIGSTOP:
        server.process.send_signal(signal.SIGCONT)
    else:
        server.process.wait()
        server.start()
    monkeypatch.setattr(redis_cache, "LEFT_ALONE_SECONDS", 0.0)
    cache._server.silent_until = 0.001
    cache.set("back", 8)
    assert cache.get("back") == 8


def test_an_address_where_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    cache_at(free_port(), monkeypatch)
    for _ in range(3):
        THREE.hit("ada")
    with pytest.raises(RateLimited):
        THREE.hit("ada")
    assert in_postgres() == 4
