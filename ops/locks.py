"""Row locks of background jobs, for what a manager decides about them. They stand alone: nothing
else is locked beside them.
"""

from __future__ import annotations

from collections.abc import Iterable

from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Status

from core.transactions import require_transaction


def lock_jobs(*, job_ids: Iterable[int], status: Status) -> list[ProcrastinateJob]:
    """Those of the jobs that have this status, without the ones a worker has in its hand."""
    require_transaction()
    rows = ProcrastinateJob.objects.filter(pk__in=list(job_ids), status=status.value)
    return list(rows.select_for_update(skip_locked=True).order_by("pk"))
