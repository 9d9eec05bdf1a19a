"""The housekeeping of the job table itself, and of the cache.

The seconds of a schedule stand last: `* * * * * */10` is every ten seconds, while a `*/10` in front
would mean every second of each tenth minute.
"""

from __future__ import annotations

import structlog
from django.core.cache import caches
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from mami.cache import PostgresCache

log = structlog.get_logger(__name__)

# A worker says that it lives every ten seconds.
SILENT_SECONDS = 20.0
KEEP_DONE_HOURS = 2
KEEP_FAILED_HOURS = 14 * 24


@app.periodic(cron="* * * * * */10")
@app.task(name="mami.revive_jobs", queueing_lock="mami.revive_jobs", pass_context=True)
async def revive_jobs(context: JobContext, timestamp: int) -> int:
    """Put back the jobs of workers that died; the number of jobs put back.

    A job of a killed worker stays `doing` for ever, and with it every later job of its lock. All
    our tasks may be repeated. This task has no lock itself: its own death must not end revival.
    """
    manager = context.app.job_manager
    revived = 0
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS):
        try:
            await manager.retry_job(job)
            revived += 1
        except ConnectorException:
            # Its successor is already waiting under the same queueing lock.
            await manager.finish_job(job, status=Status.FAILED, delete_job=False)
        log.warning("job_of_dead_worker", job_id=job.id, task=job.task_name)
    return revived


@app.periodic(cron="41 * * * *")
@app.task(name="mami.forget_old_jobs", queueing_lock="mami.forget_old_jobs", pass_context=True)
async def forget_old_jobs(context: JobContext, timestamp: int) -> None:
    """Keep finished jobs for two hours and failed ones for two weeks."""
    manager = context.app.job_manager
    await manager.delete_old_jobs(nb_hours=KEEP_DONE_HOURS)
    await manager.delete_old_jobs(
        nb_hours=KEEP_FAILED_HOURS,
        include_failed=True,
        include_cancelled=True,
        include_aborted=True,
    )


@app.periodic(cron="23 4 * * *")
@app.task(name="mami.empty_cache_of_expired", queueing_lock="mami.empty_cache_of_expired")
def empty_cache_of_expired(timestamp: int) -> None:
    """Remove what nobody can read any more."""
    backend = caches["default"]
    if isinstance(backend, PostgresCache):
        backend.cull_expired()
