"""What a manager decides about background jobs. All of ours may be repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db import transaction
from procrastinate import utils
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from accounts.models import User
from audit.services import Action, record
from core.errors import PermissionRefused
from core.transactions import write_transaction
from ops.locks import lock_jobs


def retry_jobs(*, actor: User, job_ids: Iterable[int]) -> int:
    """Let failed jobs be done again, now; the number of those that will be.

    Others are left alone, and so is one whose successor is already waiting under the same lock.
    Raises PermissionRefused for anybody but managers.
    """

    def again(job: ProcrastinateJob) -> None:
        app.job_manager.retry_job_by_id(
            job.pk, utils.utcnow(), job.priority, job.queue_name, job.lock
        )

    return _each(actor, job_ids, {Status.FAILED: Status.TODO}, again)


def cancel_jobs(*, actor: User, job_ids: Iterable[int]) -> int:
    """Take back jobs that have not begun; the number of them. Others are left alone.

    Raises PermissionRefused for anybody but managers.
    """

    def take_back(job: ProcrastinateJob) -> None:
        app.job_manager.cancel_job_by_id(job.pk, abort=False)

    return _each(actor, job_ids, {Status.TODO: Status.CANCELLED}, take_back)


def _each(
    actor: User,
    job_ids: Iterable[int],
    move: dict[Status, Status],
    act: Callable[[ProcrastinateJob], None],
) -> int:
    if not actor.is_manager:
        raise PermissionRefused
    ((old, new),) = move.items()
    with write_transaction():
        moved = [job for job in lock_jobs(job_ids=job_ids, status=old) if _is_done(act, job)]
        for job in moved:
            record(
                actor=actor,
                entity_type="job",
                entity_id=job.pk,
                action=Action.STATUS_CHANGE,
                old={"status": old.value},
                new={"status": new.value},
                context={"task": job.task_name},
            )
    return len(moved)


def _is_done(act: Callable[[ProcrastinateJob], None], job: ProcrastinateJob) -> bool:
    try:
        with transaction.atomic():
            act(job)
    except ConnectorException:
        return False
    return True
