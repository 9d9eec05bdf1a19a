"""What alerts listen to moves when what they are for happens."""

from __future__ import annotations

import threading
from decimal import Decimal

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from core.database import bare_parameters
from core.limits import LOGIN_PER_STRANGERS
from core.tests.test_metrics import TOKEN, counted, samples
from inventory.models import Stock
from payments.models import ReconciliationCase
from runtime.run.tests.conftest import patience, until
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
    assert sum(one.value for one in samples(page) if one.name == "mami_orders_open") == 1
