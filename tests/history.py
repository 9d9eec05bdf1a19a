"""Databases beside the tests' own, to migrate there and back, also by what squashed migrations replace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import StateApps
from pytest_django import DjangoDbBlocker

Beside = Callable[[str], AbstractContextManager[None]]
EMPTY = "template1"
MADE_BY_DJANGO = {"django_migrations", "django_content_type", "auth_permission"}


class EachStep(MigrationLoader):
    """Knows no squashed migration: how every shop of before has come to its tables."""

    def build_graph(self) -> None:
        self.replace_migrations = False
        super().build_graph()
        for key, squashed in self.replacements.items():
            self.graph.remove_replacement_node(key, squashed.replaces)
        self.replacements = {}


def step_by_step() -> MigrationExecutor:
    executor = MigrationExecutor(connection)
    executor.loader = EachStep(connection)
    return executor


def go_to(*targets: tuple[str, str | None]) -> StateApps:
    """Step by step; the models as they are there."""
    state = step_by_step().migrate(targets)
    state.clear_delayed_apps_cache()
    return state.apps


@pytest.fixture
def beside(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Beside:
    """Opens a copy of the named database; other tests are using their own meanwhile."""

    @contextmanager
    def opened(template: str) -> Iterator[None]:
        own = connection.settings_dict["NAME"]
        other = f"{own}_beside"
        with django_db_blocker.unblock():
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout TO 0")  # copying waits for a busy disk
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
                    cursor.execute("SET statement_timeout TO 0")
                    cursor.execute(f'DROP DATABASE "{other}"')
                connection.close()

    return opened


@pytest.fixture
def empty_database(beside: Beside) -> Iterator[None]:
    with beside(EMPTY):
        yield


def migrated() -> str:
    """A database that is migrated already, where there is a template of that."""
    return connection.settings_dict["TEST"]["TEMPLATE"] or EMPTY


SHAPE = """
SELECT 'column', table_name, column_name, concat_ws(' ', udt_name, character_maximum_length,
    numeric_precision, numeric_scale, collation_name, 'default', column_default, is_nullable,
    identity_generation, generation_expression)
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'rule', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function', proname, pg_get_function_identity_arguments(p.oid),
    pg_get_functiondef(p.oid)
FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
UNION ALL SELECT 'sequence', sequencename, data_type::text, concat_ws(' ', min_value, increment_by)
FROM pg_sequences WHERE schemaname = 'public'
UNION ALL SELECT 'kind', typname, enumlabel, enumsortorder::text
FROM pg_enum e JOIN pg_type t ON e.enumtypid = t.oid
UNION ALL SELECT 'extension', extname, '', '' FROM pg_extension
"""


def shape() -> set[tuple[str, ...]]:
    """All that is in the database but the order of columns and what Django writes after migrating."""
    with connection.cursor() as cursor:
        cursor.execute(SHAPE)
        found = set(cursor.fetchall())
        for table in set(connection.introspection.table_names(cursor)) - MADE_BY_DJANGO:
            cursor.execute(f"SELECT 'row', %s, '', to_jsonb(t)::text FROM \"{table}\" t", [table])
            found |= set(cursor.fetchall())
        cursor.execute("SELECT 'version', '', '', last_value::text FROM catalog_version")
        return found | set(cursor.fetchall())
