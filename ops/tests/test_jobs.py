"""What a manager decides about background jobs, from their list in the office."""

from __future__ import annotations

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.tests.factories import employee, manager
from audit.selectors import entries
from core.errors import PermissionRefused
from ops import services
from ops.tests.factories import job

pytestmark = pytest.mark.django_db

LIST = "/admin/procrastinate/procrastinatejob/"


def press(client, action: str, *chosen: int) -> str:
    """What the office says to it."""
    data = {"action": action, "_selected_action": chosen}
    answer = client.post(f"{LIST}?status__exact=all", data, follow=True)
    return " ".join(str(message) for message in answer.context["messages"])


def status(job_id: int) -> str:
    return ProcrastinateJob.objects.get(pk=job_id).status


@pytest.mark.parametrize(
    ("action", "moves"),
    [
        ("retry", {"failed": "todo", "todo": "todo", "succeeded": "succeeded", "doing": "doing"}),
        ("cancel", {"todo": "cancelled", "failed": "failed", "doing": "doing"}),
    ],
)
def test_only_what_can_be_moved_is_and_the_trail_tells(client, action, moves):
    mia = manager()
    client.force_login(mia)
    jobs = {job(before): (before, after) for before, after in moves.items()}
    assert press(client, action, *jobs) == f"Done with 1 of {len(jobs)}."
    for job_id, (before, after) in jobs.items():
        assert status(job_id) == after
        told = [
            (entry.actor, entry.old_value, entry.new_value, entry.context)
            for entry in entries(entity_type="job", entity_id=job_id)
        ]
        moved = (mia, {"status": before}, {"status": after}, {"task": "deliver"})
        assert told == ([moved] if before != after else [])


def test_one_whose_successor_waits_is_left_alone_and_the_others_are_not(client):
    client.force_login(manager())
    job("todo", queueing_lock="deliver-1")
    stuck, free = job("failed", queueing_lock="deliver-1"), job("failed")
    assert press(client, "retry", stuck, free) == "Done with 1 of 2."
    assert (status(stuck), status(free)) == ("failed", "todo")
    assert not entries(entity_type="job", entity_id=stuck).exists()


def test_an_employee_moves_nothing(client):
    client.force_login(employee())
    job_id = job("failed")
    client.post(LIST, {"action": "retry", "_selected_action": [job_id]})
    for step in (services.retry_jobs, services.cancel_jobs):
        with pytest.raises(PermissionRefused):
            step(actor=employee(), job_ids=[job_id])
    assert status(job_id) == "failed"
