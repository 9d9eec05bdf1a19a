"""Figures for Prometheus: what was asked, how long it took, what was refused, how the provider answers.

Every web process counts in files of the folder that `PROMETHEUS_MULTIPROC_DIR` names (gunicorn's
configuration makes one), and any of them tells the sum. Labels come from fixed lists: the name of a
route, a code, a provider's call; never an address, an id or a word somebody typed.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector

__all__ = [
    "CONFIRMS_WAITING",
    "CONTENT_TYPE_LATEST",
    "IN_HAND",
    "answered",
    "asked",
    "exposition",
    "handed_over",
    "may_read",
    "provider_call",
    "refused",
    "shed",
    "told",
    "waited",
]

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS = Counter("mami_requests", "Requests answered.", ["route", "method", "status"])
SECONDS = Histogram(
    "mami_request_seconds",
    "Time to the answer.",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


class InHand:
    """A number that goes up and down with every request, and is shown when somebody looks."""

    def __init__(self, shown: Gauge) -> None:
        self._shown, self._number, self._lock = shown, 0, threading.Lock()

    def add(self, number: int) -> None:
        with self._lock:
            self._number += number

    def look(self) -> None:
        self._shown.set(self._number)


IN_HAND = InHand(
    Gauge(
        "mami_requests_in_hand",
        "Requests that have a thread, as seen within two seconds; full at WEB_WORKERS x WEB_THREADS."
        " Who waits at the door has none.",
        multiprocess_mode="livesum",
    )
)
CONFIRMS_WAITING = Gauge(
    "mami_confirms_waiting",
    "Orders in hand that wait for their turn at a product many people want.",
    multiprocess_mode="livesum",
)
POOL_SIZE = Gauge(
    "mami_db_pool_size",
    "Connections the pools may hold.",
    multiprocess_mode="livesum",
)
POOL_IN_USE = Gauge(
    "mami_db_pool_in_use",
    "Connections of the pools in use, as seen within two seconds.",
    multiprocess_mode="livesum",
)
POOL_WAITING = Gauge(
    "mami_db_pool_waiting",
    "Threads that wait for a connection, as seen within two seconds.",
    multiprocess_mode="livesum",
)
POOL_WAIT = Histogram(
    "mami_db_pool_wait_seconds",
    "Time until the pool gave a connection.",
    buckets=(0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
REPLICA_READS = Counter(
    "mami_replica_reads",
    "Reads that may go to the replica, by where they went: there, or why to the primary.",
    ["outcome"],
)
STATEMENTS = Counter("mami_db_statements", "Statements the database was asked.")
STATEMENT_SECONDS = Counter("mami_db_seconds", "Time the database took for them.")
LOCK_TIMEOUTS = Counter("mami_lock_timeouts", "Waits for a lock that were given up.")
DEADLOCKS = Counter("mami_deadlocks", "Transactions that PostgreSQL ended to solve a deadlock.")
STATEMENT_TIMEOUTS = Counter("mami_statement_timeouts", "Statements that took too long.")
CHECKOUTS = Counter("mami_checkouts", "Confirms of an order by how they ended.", ["outcome"])
REFUNDS = Counter("mami_refunds", "Refunds the provider was asked for.", ["outcome"])
REFUNDED = Counter("mami_refunded_ils", "Shekels that went back.")
MESSAGES = Counter("mami_messages", "Messages to people.", ["channel", "outcome"])
SIGN_INS = Counter("mami_sign_ins", "Sign-ins by how they ended.", ["outcome"])
GUARDED = Counter(
    "mami_accounts_became_guarded", "Accounts closed to strangers after ten wrong passwords."
)
STATE_FAILURES = Counter(
    "mami_state_read_failures", "Times the figures in the database could not be read in a second."
)
SHED = Counter(
    "mami_shed", "Requests that waited in line for longer than their class may.", ["class"]
)
LINE_SECONDS = Histogram(
    "mami_line_seconds",
    "Time in line before a request was begun.",
    ["class"],
    buckets=(0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8),
)
REFUSALS = Counter(
    "mami_refusals",
    "Refusals by their code; BUSY is a lock or a turn waited for in vain.",
    ["code"],
)
PROVIDER_SECONDS = Histogram(
    "mami_provider_seconds",
    "Time a payment provider took to answer, or not to.",
    ["provider", "outcome"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8),
)
# What is known beforehand is told from the first time on: nothing happened yet is a figure too.
KNOWN: dict[Counter | Histogram, tuple[tuple[str, ...], ...]] = {
    CHECKOUTS: tuple(
        (o,)
        for o in (
            *("ok", "declined", "refused", "to_bank", "pending", "busy", "unavailable", "failed"),
        )
    ),
    REFUNDS: tuple((o,) for o in ("ok", "refused", "unanswered")),
    MESSAGES: tuple((c, o) for c in ("EMAIL", "SMS") for o in ("sent", "failed", "given_up")),
    SECONDS: (("none",),),
    REPLICA_READS: tuple((o,) for o in ("replica", "wrote", "behind", "failed")),
    SIGN_INS: tuple((o,) for o in ("ok", "wrong", "limited", "unavailable")),
    SHED: tuple((c,) for c in ("money", "people", "shelves")),
    LINE_SECONDS: tuple((c,) for c in ("money", "people", "shelves")),
    PROVIDER_SECONDS: tuple((p, "answered") for p in ("sandbox", "stripe")),
}
for _figure, _rows in KNOWN.items():
    for _row in _rows:
        _figure.labels(*_row)

BREAKER_OPEN = Gauge(
    "mami_payment_breaker_open",
    "1 while the payment provider is left alone because it was silent; what was seen last counts.",
    multiprocess_mode="livemostrecent",
)
SEARCH_SECONDS = Histogram(
    "mami_search_seconds",
    "Time a search engine took for one page.",
    ["engine"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
SEARCH_FALLBACKS = Counter(
    "mami_search_fallbacks",
    "Pages that PostgreSQL answered because the cluster did not, by why.",
    ["reason"],
)


@contextmanager
def search_clock(engine: str, *, counts: bool = True) -> Iterator[None]:
    """Time of one page of an engine; without `counts` it was no text that was asked for."""
    began = time.perf_counter()
    yield
    if counts:
        SEARCH_SECONDS.labels(engine).observe(time.perf_counter() - began)


_counted_in: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
"""Looking a row up by its labels takes a lock and as long as counting in it."""


_lines: dict[str, Histogram] = {}


def answered(*, route: str, method: str, status: int, seconds: float) -> None:
    """Count one request. `route` is the name of its address, empty where none matched."""
    row = (route or "none", method if method in METHODS else "other", status)
    if (found := _counted_in.get(row)) is None:
        found = REQUESTS.labels(row[0], row[1], str(status)), SECONDS.labels(row[0])
        _counted_in[row] = found
    found[0].inc()
    found[1].observe(seconds)


def shed(line: str) -> None:
    """Count one who was sent away."""
    SHED.labels(line).inc()


def waited(line: str, seconds: float) -> None:
    if (found := _lines.get(line)) is None:
        found = _lines[line] = LINE_SECONDS.labels(line)
    found.observe(seconds)


def asked(statements: int, seconds: float) -> None:
    """Count statements: those of requests once they are answered, a job's one by one."""
    if statements:
        STATEMENTS.inc(statements)
        STATEMENT_SECONDS.inc(seconds)


def refused(code: str) -> None:
    REFUSALS.labels(code).inc()


@contextmanager
def provider_call(provider: str) -> Iterator[None]:
    """Time one call; its outcome is `answered` or the kind of failure."""
    began, outcome = time.perf_counter(), "answered"
    try:
        yield
    except Exception as failure:
        outcome = type(failure).__name__
        raise
    finally:
        PROVIDER_SECONDS.labels(provider, outcome).observe(time.perf_counter() - began)


@contextmanager
def handed_over(
    channel: str, *, last: bool = False, final: tuple[type[Exception], ...] = ()
) -> Iterator[None]:
    """Count one try to hand a message over: sent, failed, or given up, where it was the `last` one or the
    failure is `final`.
    """
    outcome = "given_up" if last else "failed"
    try:
        yield
        outcome = "sent"
    except final:
        outcome = "given_up"
        raise
    finally:
        MESSAGES.labels(channel, outcome).inc()


def may_read(authorization: str) -> bool | None:
    """Whether this `Authorization` header opens the figures; None when nothing does."""
    tokens = [token for token in settings.METRICS_TOKEN.split(",") if token]
    if not tokens:
        return None
    given = authorization.encode()
    # Each is compared, whichever it was: the time tells nothing.
    return sum(hmac.compare_digest(given, f"Bearer {token}".encode()) for token in tokens) > 0


def exposition() -> bytes:
    """All figures of all web processes, in Prometheus' text format."""
    IN_HAND.look()
    if values.ValueClass.__name__ == "MmapedValue":
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
        return generate_latest(registry)
    return generate_latest(REGISTRY)


def told(collector: Any) -> bytes:
    """What one collector of its own tells, in the same format."""
    registry = CollectorRegistry()
    registry.register(collector)
    return generate_latest(registry)
