"""What the database itself promises: ledgers that only grow, waits that end."""

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from core.append_only import append_only

LEDGERS = sorted(
    model._meta.db_table
    for model in apps.get_models()
    if {t.name for t in getattr(model._meta, "triggers", [])} >= {t.name for t in append_only()}
)


def test_the_ledgers_are_the_ones_we_know() -> None:
    assert {"audit_auditentry", "inventory_stockmovement"} <= set(LEDGERS)


@pytest.mark.django_db
@pytest.mark.parametrize("table", LEDGERS)
def test_a_ledger_cannot_be_emptied(table: str) -> None:
    """Test databases carry a setting that lets TRUNCATE through; production databases never do."""
    truncate = sql.SQL("TRUNCATE {} CASCADE").format(sql.Identifier(table))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL mami.allow_truncate TO 'off'")
        with pytest.raises(DatabaseError, match="Cannot truncate"), transaction.atomic():
            cursor.execute(truncate)
        cursor.execute("SET LOCAL mami.allow_truncate TO 'on'")
        cursor.execute(truncate)


@pytest.mark.django_db
def test_lock_waits_and_abandoned_transactions_end() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("3s",)
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("1min",)
        assert run_checks(databases=["default"]) is not None
        assert "mami.W001" not in {found.id for found in run_checks(databases=["default"])}
        cursor.execute("SET LOCAL lock_timeout TO 0")
        assert "mami.W001" in {found.id for found in run_checks(databases=["default"])}
