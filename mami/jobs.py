"""The housekeeping of the job table itself, and of the cache.

The seconds of a schedule stand last: `* * * * * */10` is every ten seconds, while a `*/10` in front
would mean every second of each tenth minute.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import structlog
from django.conf import settings
from django.core.cache import caches
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from core.cache import PostgresCache
from mami.job_runs import carried_out
from runtime import file_rights

log = structlog.get_logger(__name__)


# A worker says that it lives every ten seconds.
SILENT_SECONDS = 20.0
# After its end a job is noted as done at once, or never: the connection broke over it.
NOTED_SECONDS = 5.0
KEEP_DONE_HOURS = 2
A_DAY = 86_400.0
KEEP_FAILED_HOURS = 14 * 24


@app.periodic(cron="47 3 * * *")
@app.task(name="mami.forget_uploads", queueing_lock="mami.forget_uploads")
def forget_uploads(timestamp: int) -> int:
    """Throw away what uploads left a day ago whose web process died over them; the number of files."""
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR)
    return file_rights.forget_uploads(folder, before=time.time() - A_DAY)


@app.periodic(cron="* * * * * */10")
@app.task(name="mami.revive_jobs", queueing_lock="mami.revive_jobs", pass_context=True)
async def revive_jobs(context: JobContext, timestamp: int) -> int:
    """Put back the jobs of workers that died; the number of jobs put back.

    A job of a killed worker stays `doing` for ever, and with it every later job of its lock; so does
    one whose end a living worker could not write down. All our tasks may be repeated. This task has
    no lock itself: its own death must not end revival.
    """
    manager = context.app.job_manager
    revived = 0
    stalled = [*await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS)]
    over = {job for job, at in carried_out if at < time.monotonic() - NOTED_SECONDS}
    stalled += [job for job in await manager.list_jobs_async(status="doing") if job.id in over]
    for job in stalled:
        if job.id == context.job.id:
            continue  # this worker itself stood still, in a paused machine
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


def _beside(*command: str) -> threading.Thread:
    """Let a command that takes long, and notes its own run, work in a process of its own.

    The worker has one pair of hands, and money must not wait for a copy. The thread ends with it.
    """
    child = subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    waiting = threading.Thread(target=_awaited, args=(child, command[0]), daemon=True)
    waiting.start()
    return waiting


def _awaited(child: subprocess.Popen[str], name: str) -> None:
    said = child.communicate()[1].strip().splitlines()
    if child.returncode:
        log.error("command_failed", command=name, reason=said[-1] if said else "")


@app.task(name="mami.begin_backup", queueing_lock="mami.begin_backup")
def begin_backup(timestamp: int) -> None:
    """Have tonight's copy made."""
    _beside("backup", "--prune")


@app.task(name="mami.begin_restore_drill", queueing_lock="mami.begin_restore_drill")
def begin_restore_drill(timestamp: int) -> None:
    """Have a copy made and proven."""
    _beside("restore_drill")


if settings.BACKUP_FOLDER:
    app.periodic(cron="10 0 * * *")(begin_backup)  # UTC; 02:10 in Jerusalem, in summer 03:10
if settings.RESTORE_DRILL:
    app.periodic(cron="10 1 * * 0")(begin_restore_drill)
