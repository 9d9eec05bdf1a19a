"""Messages about accounts in tests: what waits for the worker is done, as the worker does it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

MINE = ("accounts.send_", "notifications.deliver")


def work_off() -> None:
    """Do what accounts asked for by name, then send what is owed; each job once."""
    while jobs := [job for job in ProcrastinateJob.objects.order_by("pk") if is_mine(job)]:
        for job in jobs:
            job_id, task = job.pk, app.tasks[job.task_name]
            ProcrastinateJob.objects.filter(pk=job_id).delete()
            given: tuple[Any, ...] = ()
            if task.pass_context:
                given = (SimpleNamespace(job=SimpleNamespace(id=job_id)),)
            task.func(*given, **job.args)


def is_mine(job: ProcrastinateJob) -> bool:
    return str(job.task_name).startswith(MINE)
