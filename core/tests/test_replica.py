"""How old a replica is, and what is never read there. A real one: tests/deploy/test_replica.py."""

from __future__ import annotations

from django.contrib.sessions.models import Session

from accounts.models import User
from audit.models import AuditEntry
from cart.models import Cart
from core.replica import MOST_LAG_SECONDS, Router, Watch, reading
from inventory.models import Stock


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def seen(*looks: tuple[float, int, int | None], until: float) -> float:
    """Its age at `until` after looks at such times: where the primary stood, and the replica."""
    clock = Clock()
    watch = Watch(clock)
    watch._thread = _Alive()
    for at, primary, replica in looks:
        clock.now = at
        watch.saw(primary=primary, replica=replica)
    clock.now = until
    return watch.lag()


class _Alive:
    """Stands for the thread that looks: these tests look themselves."""

    def is_alive(self) -> bool:
        return True


def test_it_is_as_old_as_the_newest_place_it_has_passed() -> None:
    assert seen(until=100) == float("inf"), "never seen"
    assert seen((100, 10, 10), until=101) == 1
    assert seen((100, 10, 10), (101, 20, 10), (102, 30, 20), until=102) == 1
    assert seen((100, 10, 10), (101, 20, 10), (102, 30, 12), until=108) == 8 > MOST_LAG_SECONDS
    assert seen((100, 10, 10), (101, 20, 10), (102, 30, 30), until=102) == 0, "caught up"


def test_where_nothing_happens_it_stays_fresh() -> None:
    assert seen(*((100 + n, 10, 10) for n in range(60)), until=160) == 1


def test_one_that_lost_its_primary_or_follows_nobody_grows_old() -> None:
    lost = [(100, 10, 10), *((101 + n, 20 + n, 10) for n in range(20))]
    assert seen(*lost, until=121) == 21
    promoted = [(100, 10, 10), *((101 + n, 10, None) for n in range(20))]
    assert seen(*promoted, until=121) == 21


def test_a_failed_read_is_trusted_again_when_it_was_seen_anew() -> None:
    clock = Clock()
    watch = Watch(clock)
    watch._thread = _Alive()
    watch.saw(primary=10, replica=10)
    watch.distrust()
    assert watch.lag() == float("inf")
    watch.saw(primary=10, replica=10)
    assert watch.lag() == 0


def test_what_is_never_read_there() -> None:
    router = Router()
    kinds = (AuditEntry, Stock, Cart, User, Session)
    with reading():
        assert {router.db_for_read(kind) for kind in kinds} == {"default"}, "there is none"
    assert {router.db_for_write(kind) for kind in kinds} == {"default"}
    assert router.allow_migrate("replica", "audit") is False
    assert router.allow_migrate("default", "audit") is None


def test_only_what_names_it_is_read_there(settings) -> None:
    from django.db import connections

    connections.settings["replica"] = connections.settings["default"]
    try:
        router = Router()
        assert router.db_for_read(AuditEntry) == "default"
        with reading():
            assert router.db_for_read(AuditEntry) == "replica"
            assert {router.db_for_read(one) for one in (Stock, Cart, User, Session)} == {"default"}
            with reading():
                pass
            assert router.db_for_read(AuditEntry) == "replica"
            assert router.db_for_write(AuditEntry) == "default"
        assert router.db_for_read(AuditEntry) == "default"
    finally:
        del connections.settings["replica"]
