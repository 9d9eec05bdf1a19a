"""What alerts listen to moves when what they are for happens."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from procrastinate.contrib.django import app as jobs
from pytest_django import Settings

from core import admission, clock
from core.database import bare_parameters
from core.limits import LOGIN_PER_STRANGERS
from core.places import Gate
from core.tests.test_metrics import TOKEN, counted, samples
from inventory.models import Stock
from mami import state_figures
from payments.dispute_models import Dispute, DisputeStatus
from payments.models import ReconciliationCase
from runtime.run.tests.conftest import patience, until
from search.models import SearchChange
from tests.shop import open_with_sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def asked(*statements: str) -> None:
    """In one transaction of this thread."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_locks_waited_for_in_vain_deadlocks_and_statements_that_took_too_long() -> None:
    names = ("mami_lock_timeouts_total", "mami_deadlocks_total", "mami_statement_timeouts_total")
    before = [counted(name) for name in names]
    first, second = (f"SELECT pg_advisory_xact_lock({number})" for number in (7301, 7302))
    with psycopg.connect(**{**bare_parameters("default"), "autocommit": False}) as other:
        other.execute(first)
        with pytest.raises(DatabaseError):
            asked("SET LOCAL lock_timeout TO '10ms'", first)
        waiting = threading.Thread(target=other.execute, args=[second])
        with pytest.raises(DatabaseError):
            crossed(second, first, waiting)
        waiting.join(30)
        other.rollback()
    with pytest.raises(DatabaseError):
        asked("SET LOCAL statement_timeout TO '10ms'", "SELECT pg_sleep(5)")
    assert [counted(name) for name in names] == [number + 1 for number in before]


def crossed(ours: str, theirs: str, waiting: threading.Thread) -> None:
    """A deadlock. Whoever looks first whether it is one is ended by it: this thread."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout TO 0")
        cursor.execute("SET LOCAL deadlock_timeout TO '10ms'")
        cursor.execute(ours)
        waiting.start()
        until(_somebody_waits, seconds=20 * patience())
        cursor.execute(theirs)


def _somebody_waits() -> bool:
    with psycopg.connect(**bare_parameters("default")) as looking:
        row = looking.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        )
        return row.fetchone() == (1,)


def test_state_that_is_wrong_is_told(client: Client) -> None:
    with open_with_sandbox() as shop:
        milk, ada = shop.product(), shop.customer()
        shop.order(ada)
    Stock.objects.filter(product=milk).update(on_hand=Decimal(0), reserved=Decimal(2))
    (payment,) = shop.payments(ada)
    ReconciliationCase.objects.create(payment=payment, kind="PAYMENT_CAPTURED_NOT_COMMITTED")
    for _ in range(LOGIN_PER_STRANGERS.count):
        LOGIN_PER_STRANGERS.hit("somebody")
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE nearly_used MAXVALUE 10 START 6")
        cursor.execute("SELECT nextval('nearly_used')")
    try:
        page = client.get("/metrics", headers=TOKEN).content
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP SEQUENCE nearly_used")
    assert counted("mami_stock_negative_available", page) >= 1
    assert counted("mami_reconciliation_open", page) == 1
    assert counted("mami_reconciliation_oldest_seconds", page) > 0
    assert counted("mami_accounts_guarded", page) >= 1
    assert counted("mami_db_sequence_used_ratio", page) == pytest.approx(0.6)
    assert 0 <= counted("mami_last_order_age_seconds", page) < 600
    assert 0 <= counted("mami_db_longest_transaction_seconds", page) < 60
    assert sum(one.value for one in samples(page) if one.name == "mami_orders_open") == 1


def test_what_waits_for_too_long_is_told(client: Client) -> None:
    with open_with_sandbox() as shop:
        shop.product()
        ada = shop.customer()
        order = shop.order(ada)
    (payment,) = shop.payments(ada)
    now = clock.now()
    type(order).objects.filter(pk=order.pk).update(due_at=now - dt.timedelta(hours=1))
    Dispute.objects.create(
        payment=payment, provider_reference="dp_1", amount=Decimal(10),
        reason="OTHER", status=DisputeStatus.OPEN, opened_at=now,
        answer_by=now + dt.timedelta(hours=47),
    )  # fmt: skip
    SearchChange.objects.create(product_id=1)
    SearchChange.objects.update(created_at=now - dt.timedelta(seconds=90))
    jobs.configure_task("billing.draw_waiting").defer(timestamp=0)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = at - interval '20 minutes'")
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        waiting = cursor.fetchone()[0]
    page = client.get("/metrics", headers=TOKEN).content
    assert counted("mami_orders_late", page) == 1
    assert counted("mami_disputes_due", page) == 1
    assert 90 <= counted("mami_search_oldest_change_seconds", page) < 600
    assert counted("mami_jobs_waiting", page) == waiting
    assert 1200 <= counted("mami_jobs_oldest_seconds", page) < 3600


def test_a_machine_tells_of_its_disks_and_of_the_standbys_it_wants(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SYNC_STANDBYS = 2
    usage = SimpleNamespace(total=1000, free=123)
    monkeypatch.setattr(state_figures.shutil, "disk_usage", lambda _folder: usage)
    page = client.get("/metrics", headers=TOKEN).content
    assert counted("mami_disk_free_ratio", page, place="var") == pytest.approx(0.123)
    assert counted("mami_disk_free_ratio", page, place="media") == pytest.approx(0.123)
    assert counted("mami_db_standbys_wanted", page) == 2
    assert counted("mami_db_standbys", page) == 0


def test_who_is_let_in_is_counted_beside_who_is_shed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shedding compares the two."""
    gate, shelves = Gate(1), {"class": "shelves"}
    monkeypatch.setattr(admission, "process_gate", lambda: gate)
    monkeypatch.setattr(admission, "line_for", lambda *_: replace(admission.SHELVES, patience=0.05))
    client.handler.load_middleware()
    names = ("mami_line_seconds_count", "mami_shed_total")
    before = [counted(name, **shelves) for name in names]
    assert client.get("/api/v1/categories").status_code == 200
    assert [counted(name, **shelves) for name in names] == [before[0] + 1, before[1]]
    assert gate.enter(admission.SHELVES)  # somebody who stays
    assert client.get("/api/v1/categories").status_code == 503
    assert [counted(name, **shelves) for name in names] == [before[0] + 1, before[1] + 1]
