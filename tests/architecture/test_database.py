"""What the database itself promises: ledgers that only grow, waits that end."""

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import DatabaseError, connection, transaction
from psycopg import sql
from pytest_django import Settings

from mami import environment
from mami.append_only import append_only
from mami.database import database_is_named

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


def test_production_must_name_its_database(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG = False
    settings.MAMI_EMBEDDED = False
    assert database_is_named() == []
    monkeypatch.delenv("DATABASE_URL")
    assert [found.id for found in database_is_named()] == ["mami.E001"]
    settings.MAMI_EMBEDDED = True
    assert database_is_named() == []


def test_a_database_address_of_another_kind_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path, capsys: pytest.CaptureFixture[str]
) -> None:
    for address in ("sqlite:///shop.db", "postgresql://", "redis://cache.example"):
        monkeypatch.setenv("DATABASE_URL", address)
        with pytest.raises(SystemExit):
            environment.database(environment.Environment(), tmp_path)
        assert "DATABASE_URL is not the address of a PostgreSQL database" in capsys.readouterr().err


def test_web_workers_share_a_pool_that_drops_dead_connections(
    monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://shop:secret@db.example:6432/mami")
    monkeypatch.setenv("DATABASE_POOL_SIZE", "6")
    config = environment.database(environment.Environment(), tmp_path)
    assert (config["HOST"], config["PORT"], config["NAME"]) == ("db.example", 6432, "mami")
    assert config["OPTIONS"]["pool"]["max_size"] == 6
    assert config["CONN_HEALTH_CHECKS"] is True
    assert config["CONN_MAX_AGE"] == 0
    assert "options" not in config["OPTIONS"]
    assert config["OPTIONS"]["tcp_user_timeout"] == 5000
