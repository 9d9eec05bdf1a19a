"""Figures for Prometheus: what was asked, how long it took, what was refused, how the provider answers.

Every web process counts in files of the folder that `PROMETHEUS_MULTIPROC_DIR` names (gunicorn's
configuration makes one), and any of them tells the sum. Labels come from fixed lists: the name of a
route, a code, a provider's call; never an address, an id or a word somebody typed.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Iterator
from contextlib import contextmanager

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
    "exposition",
    "may_read",
    "provider_call",
    "refused",
]

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS = Counter("mami_requests", "Requests answered.", ["route", "method", "status"])
SECONDS = Histogram(
    "mami_request_seconds",
    "Time to the answer.",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
IN_HAND = Gauge(
    "mami_requests_in_hand",
    "Requests being answered now, or waiting for a connection; full at WEB_WORKERS x WEB_THREADS.",
    multiprocess_mode="livesum",
)
CONFIRMS_WAITING = Gauge(
    "mami_confirms_waiting",
    "Orders in hand that wait for their turn at a product many people want.",
    multiprocess_mode="livesum",
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


def answered(*, route: str, method: str, status: int, seconds: float) -> None:
    """Count one request. `route` is the name of its address, empty where none matched."""
    known = method if method in METHODS else "other"
    REQUESTS.labels(route or "none", known, str(status)).inc()
    SECONDS.labels(route or "none").observe(seconds)


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


def may_read(authorization: str) -> bool | None:
    """Whether this `Authorization` header opens the figures; None when nothing does."""
    if not settings.METRICS_TOKEN:
        return None
    given, wanted = authorization.encode(), f"Bearer {settings.METRICS_TOKEN}".encode()
    return hmac.compare_digest(given, wanted)


def exposition() -> bytes:
    """All figures of all web processes, in Prometheus' text format."""
    if values.ValueClass.__name__ == "MmapedValue":
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
        return generate_latest(registry)
    return generate_latest(REGISTRY)
