"""Noting down each run of a periodic job, so that one that stopped coming is missed.

The worker notes what it ran; commands that are such a job for an operator (backup, restore_drill) note
themselves.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import DatabaseError, connection
from procrastinate import App, JobContext

from mami.models import JobRun

NOTE = f"""
INSERT INTO mami_jobrun AS run (name, started_at, seconds, outcome, rows, last_success_at, created_at)
VALUES (%(name)s::text, clock_timestamp() - make_interval(secs => %(seconds)s::float8),
        %(seconds)s::float8, %(outcome)s::text, %(rows)s::bigint,
        CASE WHEN %(outcome)s::text = '{JobRun.Outcome.OK}' THEN clock_timestamp() END, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET
    started_at = EXCLUDED.started_at, seconds = EXCLUDED.seconds, outcome = EXCLUDED.outcome,
    rows = EXCLUDED.rows,
    last_success_at = coalesce(EXCLUDED.last_success_at, run.last_success_at)
"""  # noqa: S608
EXPECT = f"""
INSERT INTO mami_jobrun (name, started_at, seconds, outcome, created_at)
SELECT name, clock_timestamp(), 0, '{JobRun.Outcome.NEVER}', clock_timestamp() FROM unnest(%(names)s::text[]) AS name
ON CONFLICT (name) DO NOTHING
"""  # noqa: S608


BEFORE_ALL_ELSE = 10
# What this worker carried out last, and when it ended on the monotonic clock.
carried_out: deque[tuple[int | None, float]] = deque(maxlen=1000)


def prepare(app: App) -> None:
    """Let every worker of this app note down the periodic jobs that it runs, and tell its figures.

    A periodic job is taken before whatever waits: it is what finishes payments that were cut off and puts back jobs
    of dead workers, and a worker has one pair of hands.
    """
    for one in app.periodic_registry.periodic_tasks.values():
        one.task.priority = BEFORE_ALL_ELSE
    app.worker_defaults["worker_middleware"] = [_remembered, _noted]


def note(*, name: str, seconds: float, succeeded: bool, rows: int | None = None) -> None:
    """Write down one run."""
    with connection.cursor() as cursor:
        cursor.execute(NOTE, _values(name, seconds, succeeded, rows))


@contextmanager
def noted(name: str) -> Iterator[None]:
    """Write down the run of the block, also one that fails."""
    began = time.monotonic()
    try:
        yield
    except BaseException:
        with suppress(DatabaseError):  # which may be why it failed, and is told by that
            note(name=name, seconds=time.monotonic() - began, succeeded=False)
        raise
    note(name=name, seconds=time.monotonic() - began, succeeded=True)


async def _remembered(
    call_next: Callable[[], Awaitable[Any]], context: JobContext, _worker: Any
) -> Any:
    """Remember the end of each job, in case it cannot be written down."""
    try:
        return await call_next()
    finally:
        carried_out.append((context.job.id, time.monotonic()))


async def _noted(call_next: Callable[[], Awaitable[Any]], context: JobContext, _worker: Any) -> Any:
    name = context.job.task_name
    periodic = {one.task.name for one in context.app.periodic_registry.periodic_tasks.values()}
    if name not in periodic:
        return await call_next()
    connector = context.app.connector
    if name not in _expected:
        await connector.execute_query_async(EXPECT, names=sorted(periodic))
        _expected.update(periodic)
    began, succeeded, result = time.monotonic(), False, None
    try:
        result = await call_next()
        succeeded = True
        return result
    finally:
        rows = result if isinstance(result, int) else None
        values = _values(name, time.monotonic() - began, succeeded, rows)
        await connector.execute_query_async(NOTE, **values)


def _values(name: str, seconds: float, succeeded: bool, rows: int | None) -> dict[str, Any]:
    outcome = "OK" if succeeded else "FAILED"
    return {"name": name, "seconds": seconds, "outcome": outcome, "rows": rows}


_expected: set[str] = set()
