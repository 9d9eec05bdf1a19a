"""Web workers have more threads than connections: whoever waits for something else lends theirs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from checkout.fair_queue import Turnstile
from core import admission, retry
from core.places import Gate, Waiter
from core.transactions import lend_connection
from payments.breaker import Breaker, Guarded
from payments.providers.sandbox import Sandbox
from runtime.run.tests.conftest import until
from tests.races import codes, race

MILK = 1


@pytest.fixture
def pool_of_one(transactional_db: None) -> Iterator[None]:
    """Threads that a test starts share one connection."""
    config = connections.settings["default"]
    usual = config["OPTIONS"]
    config["OPTIONS"] = {**usual, "pool": {"min_size": 1, "max_size": 1, "timeout": 0.5}}
    try:
        yield
    finally:
        connection.close_pool()  # type: ignore[attr-defined]
        config["OPTIONS"] = usual  # before the tables are emptied


def ask() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return int(cursor.fetchone()[0])


def meanwhile(
    waits: Callable[[threading.Event, threading.Event], Any], question: Callable[[], int] = ask
) -> list[str]:
    """What becomes of a question asked while `waits`, which has asked one too, is waiting.

    `waits` gets two events: one to set when it waits, one to wait for.
    """
    begins, over = threading.Event(), threading.Event()

    def first() -> None:
        ask()
        waits(begins, over)

    def second() -> int:
        assert begins.wait(20)
        try:
            return question()
        finally:
            over.set()

    return codes(race([first, second]))


def provider(begins: threading.Event, over: threading.Event, keep: int = 0) -> None:
    def answer() -> None:
        begins.set()
        assert over.wait(20)

    Breaker("test", keep=keep).call(answer)


def test_who_waits_for_the_provider_holds_no_connection(pool_of_one: None) -> None:
    assert meanwhile(provider) == ["ok", "ok"]


def test_control_who_keeps_it_stops_the_others(pool_of_one: None) -> None:
    assert meanwhile(partial(provider, keep=1)) == ["ok", "OperationalError"]


def test_half_of_the_connections_is_left_to_those_who_do_not_wait_for_the_provider(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Guarded(Sandbox()).breaker.keep == 0
    monkeypatch.setitem(settings.DATABASES["default"]["OPTIONS"], "pool", {"max_size": 8})
    assert Guarded(Sandbox()).breaker.keep == 4
    settings.PAYMENT_CALLS_AT_ONCE = 2
    assert Guarded(Sandbox()).breaker.keep == 2, "who waits for a line keeps none"


def test_who_waits_for_a_turn_holds_no_connection(pool_of_one: None) -> None:
    turnstile = Turnstile(at_once=1)

    def waits() -> None:
        ask()
        with turnstile.turn([MILK]):
            pass

    def asks() -> int:
        until(lambda: turnstile.waiting, seconds=20)
        try:
            return ask()
        finally:
            turnstile.over(first)

    with turnstile.turn([MILK]) as first:
        assert codes(race([waits, asks])) == ["ok", "ok"]


def test_who_is_let_in_finds_the_connection_of_who_was_served(
    pool_of_one: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "process_gate", lambda: Gate(1))

    def serves(begins: threading.Event, over: threading.Event) -> None:
        def let_in() -> None:
            begins.set()
            assert over.wait(20)

        def page(_request: HttpRequest) -> HttpResponse:
            assert not middleware.gate.ask(Waiter(line=admission.SHELVES, let_in=let_in))
            return HttpResponse(str(ask()))

        middleware = admission.AdmissionMiddleware(page)
        assert middleware(RequestFactory().get("/")).content == b"1"

    assert meanwhile(serves) == ["ok", "ok"]


def test_an_open_transaction_keeps_its_connection(pool_of_one: None) -> None:
    def within() -> bool:
        with transaction.atomic():
            ask()
            lend_connection()
            return connection.connection is not None

    assert race([within]) == [True]


def test_nobody_waits_twice_for_a_connection_that_does_not_come(pool_of_one: None) -> None:
    tries: list[int] = []

    def again() -> int:
        tries.append(1)
        return ask()

    def holds(begins: threading.Event, over: threading.Event) -> None:
        begins.set()
        assert over.wait(20)

    assert meanwhile(holds, lambda: retry.retry(again)) == ["ok", "OperationalError"]
    assert tries == [1]
