"""How busy this process's database connections are, looked at every two seconds, and who waited."""

from __future__ import annotations

import time
from typing import Any

from django.db import connections

from core import metrics


def measure(*, connection: Any, **_: Any) -> None:
    """Time every wait for a connection of the pool from now on. Django makes the pool itself and
    takes no class for it.
    """
    pool = connection.pool
    if not pool or hasattr(pool, "unmeasured"):
        return
    pool.unmeasured = pool.getconn

    def getconn(timeout: float | None = None) -> Any:
        began = time.perf_counter()
        try:
            return pool.unmeasured(timeout)
        finally:
            metrics.POOL_WAIT.observe(time.perf_counter() - began)

    pool.getconn = getconn


def look() -> None:
    """Write down how many requests are in hand, and how the pool of this process stands, where there is one."""
    metrics.IN_HAND.look()
    wrapper: Any = connections["default"]
    if not (pool := wrapper.pool):
        return
    stats = pool.get_stats()
    metrics.POOL_SIZE.set(pool.max_size)
    metrics.POOL_IN_USE.set(stats.get("pool_size", 0) - stats.get("pool_available", 0))
    metrics.POOL_WAITING.set(stats.get("requests_waiting", 0))
