"""Migrations: none is missing, all of them go back, and keys never run out."""

from collections.abc import Iterator
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from pytest_django import DjangoDbBlocker

from tests.architecture.project import APPS


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    out = StringIO()
    try:
        call_command("makemigrations", "--check", "--dry-run", stdout=out, verbosity=1)
    except SystemExit:
        pytest.fail(out.getvalue())


def test_every_key_has_eight_bytes() -> None:
    """An integer key ends at two billion, in the middle of a night."""
    small = [
        model._meta.label
        for model in apps.get_models()
        if model._meta.app_label in APPS
        and model._meta.pk.get_internal_type() in ("AutoField", "SmallAutoField", "IntegerField")
    ]
    assert not small


@pytest.fixture
def another_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database beside the tests' own, which other tests are using; migrated where there is a
    template of that."""
    own = connection.settings_dict["NAME"]
    other = f"{own}_back_and_forth"
    template = connection.settings_dict["TEST"]["TEMPLATE"] or "template1"
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{other}"')
            cursor.execute(f'CREATE DATABASE "{other}" TEMPLATE "{template}"')
        connection.close()
        connection.settings_dict["NAME"] = other
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = own
            with connection.cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{other}"')
            connection.close()


@pytest.mark.slow
def test_every_migration_goes_back(another_database: None) -> None:
    call_command("migrate", verbosity=0)
    before = _shape()
    labels = set(APPS) | {"mami"}
    executor = MigrationExecutor(connection)
    executor.migrate([(label, None) for label in sorted(labels)])
    left = [
        table for table in connection.introspection.table_names() if table.split("_")[0] in labels
    ]
    assert left == []
    call_command("migrate", verbosity=0)
    assert _shape() == before


def _shape() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 'column', table_name, column_name, data_type, is_nullable"
            " FROM information_schema.columns WHERE table_schema = 'public'"
            " UNION ALL SELECT 'index', tablename, indexname, indexdef, ''"
            " FROM pg_indexes WHERE schemaname = 'public'"
            " UNION ALL SELECT 'rule', conrelid::regclass::text, conname, contype::text, ''"
            " FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
            " UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, '', ''"
            " FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2, 3, 4"
        )
        return cursor.fetchall()
