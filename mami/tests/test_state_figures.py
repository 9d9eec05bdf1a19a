"""The figures in the database: all of them from the first time on, and never in the way of anybody."""

import datetime as dt
import json
import re
import threading
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from branches.tests import factories
from core import clock
from core.clock import shop_instant
from core.tests.test_metrics import TOKEN, counted
from mami import job_runs, state_figures, worker_figures
from mami.models import JobRun
from runtime.run.tests.conftest import free_port
from tests.architecture.project import ROOT
from tests.deploy.certificates import certificate

pytestmark = pytest.mark.django_db(transaction=True)
OF_THE_PAGE = """
mami_db_pool_size mami_db_pool_in_use mami_db_pool_waiting mami_db_pool_wait_seconds
mami_db_statements_total mami_db_seconds_total mami_lock_timeouts_total mami_deadlocks_total
mami_statement_timeouts_total mami_db_longest_transaction_seconds mami_db_sequence_used_ratio
mami_db_standbys mami_db_replication_lag_seconds mami_checkouts_total mami_reservations_open
mami_reservations_oldest_seconds mami_reconciliation_open mami_reconciliation_oldest_seconds
mami_refunds_total mami_refunded_ils_total mami_books_failures
mami_books_last_success_timestamp_seconds mami_stock_negative_available mami_orders_open
mami_orders_late mami_disputes mami_disputes_due mami_jobs_waiting mami_jobs_oldest_seconds mami_jobs_failed
mami_job_last_success_timestamp_seconds mami_worker_heartbeat_age_seconds mami_messages_total
mami_messages_waiting mami_sign_ins_total mami_accounts_guarded mami_shed_total mami_disk_free_ratio
mami_backup_last_success_timestamp_seconds mami_restore_drill_last_success_timestamp_seconds
mami_build_info mami_state_read_failures_total
"""
"""What stands there whatever happened; the age of the last order needs one."""
NAMED = re.compile(r"mami_[a-z_]+")


def told(client: Client) -> str:
    answer = client.get("/metrics", headers=TOKEN)
    assert answer.status_code == 200
    return answer.content.decode()


def test_everything_that_is_watched_is_told_from_the_first_time_on(client: Client) -> None:
    """Each name of rules and dashboards, on a shop that nobody has used."""
    JobRun.objects.create(name="x.y", started_at="2026-01-01T00:00Z")
    wanted = {
        name
        for path in [*(ROOT / "deploy" / "prometheus").glob("alerts*.yml"),
                     *(ROOT / "deploy" / "grafana").glob("*.json")]
        for name in NAMED.findall(path.read_text())
    }  # fmt: skip
    there = set(NAMED.findall(told(client)))
    assert wanted - there == {"mami_last_order_age_seconds"}
    assert "mami_deadlocks_total" in wanted
    assert set(OF_THE_PAGE.split()) <= {name.removesuffix("_bucket") for name in there}


def test_state_is_told_as_it_is(client: Client) -> None:
    job_runs.note(name="checkout.check_books", seconds=2.5, succeeded=True, rows=3)
    with pytest.raises(ZeroDivisionError), job_runs.noted("mami.backup"):
        raise ZeroDivisionError
    page = told(client).encode()
    assert counted("mami_books_failures", page) == 3
    assert counted("mami_backup_last_success_timestamp_seconds", page) == 0
    with job_runs.noted("mami.backup"):
        pass
    job_runs.note(name="mami.backup", seconds=1, succeeded=False)
    row = JobRun.objects.get(name="mami.backup")
    page = told(client).encode()
    assert row.outcome == "FAILED"
    assert counted("mami_backup_last_success_timestamp_seconds", page) == pytest.approx(
        row.last_success_at.timestamp(), abs=0.01
    )
    assert counted("mami_job_period_seconds", page, job="checkout.recover") == 10
    assert counted("mami_job_period_seconds", page, job="checkout.check_books") == 86400
    assert counted("mami_worker_heartbeat_age_seconds", page) > 1e8


def test_what_cannot_be_read_in_a_second_is_left_out_and_counted(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = state_figures.Question(names=("mami_jobs_failed",), sql="SELECT pg_sleep(30), 1")
    others = [q for q in state_figures.QUESTIONS if q.names != slow.names]
    monkeypatch.setattr(state_figures, "QUESTIONS", (slow, *others))
    before = counted("mami_state_read_failures_total")
    page = told(client)
    assert "mami_jobs_failed" not in page
    assert "mami_orders_late 0.0" in page
    assert counted("mami_state_read_failures_total") == before + 1


def test_a_machine_reads_once_in_ten_seconds(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    asked = []
    connect = state_figures._connect

    def counting():
        asked.append(1)
        return connect()

    monkeypatch.setattr(state_figures, "_connect", counting)
    threads = [threading.Thread(target=state_figures._in_database) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 1
    assert json.loads((tmp_path / "state.json").read_text())


def test_the_worker_tells_its_own(settings: Settings) -> None:
    settings.WORKER_METRICS = f"127.0.0.1:{free_port()}"
    worker_figures.serve()
    worker_figures.serve()  # a second worker finds the port taken, and works
    address = f"http://{settings.WORKER_METRICS}/metrics"
    with urlopen(Request(address, headers=TOKEN), timeout=20) as answer:
        assert b"mami_refunded_ils_total" in answer.read()
    with pytest.raises(HTTPError, match="401"):
        urlopen(address, timeout=20)


def test_with_a_certificate_it_tells_them_to_whoever_believes_it(
    settings: Settings, tmp_path: Path
) -> None:
    shown = certificate(tmp_path / "tls", "worker")
    settings.WORKER_METRICS = f"127.0.0.1:{free_port()}"
    settings.TLS_CERTIFICATE, settings.TLS_KEY = str(shown.certificate), str(shown.key)
    worker_figures.serve()
    asked = Request(f"https://{settings.WORKER_METRICS}/metrics", headers=TOKEN)
    with urlopen(asked, timeout=20, context=shown.context) as answer:
        assert b"mami_refunded_ils_total" in answer.read()
    with pytest.raises((URLError, ConnectionError)):
        urlopen(f"http://{settings.WORKER_METRICS}/metrics", timeout=20)


def test_every_question_fits_its_names() -> None:
    with connection.cursor() as cursor:
        for question in state_figures.QUESTIONS:
            cursor.execute(question.sql)
            told = len(cursor.description)
            if question.read is not None:
                told = len(question.read(*cursor.fetchone()))
            assert told == len(question.labels) + len(question.names)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [("12:00", 1), ("14:52", 1), ("14:53", 0), ("23:00", 0)],
)
def test_the_shop_is_not_open_during_a_rest(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch, at: str, is_open: int
) -> None:
    factories.warehouse()
    settings.KEEPS_SHABBAT = True
    friday = shop_instant(dt.date(2026, 12, 4), dt.time.fromisoformat(at))
    monkeypatch.setattr(clock, "now", lambda: friday)
    assert counted("mami_shop_open", told(client).encode()) == is_open
    settings.KEEPS_SHABBAT = False
    assert counted("mami_shop_open", told(client).encode()) == 1
