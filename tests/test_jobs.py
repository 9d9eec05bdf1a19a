"""The background worker: what is due is done, and what a killed worker held is done again."""

from __future__ import annotations

import datetime as dt
import json
import threading

import pytest
from croniter import croniter  # type: ignore[import-untyped]
from django.core.cache import cache
from django.db import connection, transaction
from procrastinate.contrib.django import app

from accounts.tests.factories import person
from core.tests.test_metrics import counted
from mami import jobs
from mami.job_connections import JobConnections
from notifications import services as notifications
from notifications.models import Message
from notifications.services import outbox

FIRST = "2026-11-23 10:00:00"


def work_through(*, queue: str = "tests") -> None:
    """Do what waits in `queue`, as the worker would, and stop.

    The worker's own clockwork fills another queue meanwhile, which must not disturb.
    """
    with app.replace_connector(JobConnections()) as worker:
        worker.run_worker(
            queues=[queue], wait=False, install_signal_handlers=False, listen_notify=False
        )


def insert_job(task: str, args: dict, *, status: str = "todo", worker: int | None = None, **more):
    values = {"lock": None, "queueing_lock": None, **more}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, priority, task_name, args, status, worker_id,"
            " lock, queueing_lock) VALUES ('tests', 0, %s, %s, %s::procrastinate_job_status,"
            " %s, %s, %s) RETURNING id",
            [task, json.dumps(args), status, worker, values["lock"], values["queueing_lock"]],
        )
        return cursor.fetchone()[0]


def dead_worker() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '21 s')"
            " RETURNING id"
        )
        return cursor.fetchone()[0]


def status_of(job: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status::text FROM procrastinate_jobs WHERE id = %s", [job])
        return cursor.fetchone()[0]


def every(task: str) -> dt.timedelta:
    """How often a task comes round."""
    (found,) = [
        periodic
        for (name, _), periodic in app.periodic_registry.periodic_tasks.items()
        if name == task
    ]
    ticks = croniter(found.cron, dt.datetime.fromisoformat(FIRST))
    first = ticks.get_next(dt.datetime)
    return ticks.get_next(dt.datetime) - first


@pytest.mark.parametrize(
    ("task", "seconds"),
    [
        ("checkout.recover", 10),
        ("payments.perform_open_calls", 10),
        ("mami.revive_jobs", 10),
        ("notifications.sweep", 60),
        ("mami.forget_old_jobs", 3600),
    ],
)
def test_how_often_things_come_round(task, seconds):
    assert every(task) == dt.timedelta(seconds=seconds)


@pytest.mark.django_db(transaction=True)
class TestRevival:
    def test_a_job_of_a_killed_worker_is_done_again(self):
        cut = insert_job(
            "checkout.recover", {"timestamp": 1}, status="doing", worker=dead_worker(), lock="one"
        )
        behind = insert_job("checkout.recover", {"timestamp": 2}, lock="one")
        work_through()
        assert (status_of(cut), status_of(behind)) == ("doing", "todo"), (
            "the control: all stand still"
        )
        insert_job("mami.revive_jobs", {"timestamp": 3})
        work_through()
        work_through()
        assert (status_of(cut), status_of(behind)) == ("succeeded", "succeeded")

    def test_a_cut_job_whose_successor_waits_is_dropped(self):
        lock = {"queueing_lock": "only"}
        cut = insert_job(
            "checkout.recover", {"timestamp": 1}, status="doing", worker=dead_worker(), **lock
        )
        insert_job("mami.revive_jobs", {"timestamp": 3})
        next_one = insert_job("checkout.recover", {"timestamp": 2}, **lock)
        work_through()
        assert (status_of(cut), status_of(next_one)) == ("failed", "succeeded")

    def test_a_job_whose_end_could_not_be_written_is_done_again(self, monkeypatch):
        """Its worker lives, so that nothing else would ever look at it."""
        monkeypatch.setattr(jobs, "NOTED_SECONDS", 0.0)
        cut = insert_job("checkout.recover", {"timestamp": 1}, lock="one")
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE procrastinate_jobs"
                " ADD CONSTRAINT no_end CHECK (status <> 'succeeded') NOT VALID"
            )
        try:
            work_through()
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE procrastinate_jobs DROP CONSTRAINT no_end")
                cursor.execute(
                    "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now()) RETURNING id"
                )
                cursor.execute(
                    "UPDATE procrastinate_jobs SET worker_id = %s WHERE id = %s",
                    [cursor.fetchone()[0], cut],
                )
        behind = insert_job("checkout.recover", {"timestamp": 2}, lock="one")
        work_through()
        assert (status_of(cut), status_of(behind)) == ("doing", "todo"), "the control"
        insert_job("mami.revive_jobs", {"timestamp": 3})
        work_through()
        work_through()
        assert (status_of(cut), status_of(behind)) == ("succeeded", "succeeded")

    def test_old_jobs_are_forgotten(self):
        old = insert_job("checkout.recover", {"timestamp": 1})
        work_through()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_events SET at = now() - interval '3 hours'")
        insert_job("mami.forget_old_jobs", {"timestamp": 2})
        work_through()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE id = %s", [old])
            assert cursor.fetchone()[0] == 0


@pytest.mark.django_db(transaction=True)
def test_what_jobs_ask_is_counted_as_what_requests_ask():
    """The worker's own figures would else say that it never asks anything."""
    statements, seconds = counted("mami_db_statements_total"), counted("mami_db_seconds_total")
    job = insert_job("checkout.recover", {"timestamp": 1})
    # As the worker has it: this thread may be counting for a request that a test has made.
    runner = threading.Thread(target=work_through)
    runner.start()
    runner.join()
    assert status_of(job) == "succeeded"
    assert counted("mami_db_statements_total") > statements
    assert counted("mami_db_seconds_total") > seconds


@pytest.mark.django_db(transaction=True)
def test_the_cache_is_emptied_of_what_expired():
    cache.set("gone", 1, timeout=-1)
    cache.set("there", 1, timeout=60)
    insert_job("mami.empty_cache_of_expired", {"timestamp": 1})
    work_through()
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM mami_cache")
        assert [key.rpartition(":")[2] for (key,) in cursor.fetchall()] == ["there"]


@pytest.mark.django_db(transaction=True)
def test_what_was_owed_reaches_the_worker(mailoutbox):
    """Queued with its change, taken up by the real worker, which finds the order gone."""
    ada = person(email="ada@jobs.test", full_name="Ada", language="he")
    with transaction.atomic():
        notifications.queue(
            user_id=ada.pk, kind="order_confirmed", context={"order_id": 10**9}, dedupe_key="one"
        )
    work_through(queue="default")
    message = Message.objects.get()
    assert (message.state, message.attempts) == ("FAILED", 1)
    assert mailoutbox == []


@pytest.mark.django_db(transaction=True)
def test_letters_wait_for_papers_and_everything_for_what_comes_round() -> None:
    """A worker has one pair of hands: behind two thousand letters payments would not be finished for minutes."""
    with transaction.atomic():
        outbox.defer("order_confirmed:1")
        outbox.defer("account:reset:1")
        app.configure_task("billing.draw_document").defer(document_id=1)
        app.tasks["checkout.recover"].defer(timestamp=0)
    taken = []
    worker = dead_worker()
    with connection.cursor() as cursor:
        for _ in range(4):
            cursor.execute(
                "SELECT task_name, args ->> 'dedupe_key' FROM procrastinate_fetch_job_v2(NULL, %s)",
                [worker],
            )
            taken.append(cursor.fetchone())
    assert taken == [
        ("checkout.recover", None),
        ("notifications.deliver", "account:reset:1"),
        ("billing.draw_document", None),
        ("notifications.deliver", "order_confirmed:1"),
    ]
