"""What every test stands on: a real PostgreSQL of its own, emptied folders, nothing left running."""

import importlib
import shutil
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.core.management.color import Style
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.models.signals import post_migrate
from django.utils import translation
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from catalog import memory

pytest_plugins = ["tests.api_client"]


# Many stories, or a walk through a whole face or machine.
SLOW_FILES = {
    "test_races", "test_faults", "test_books", "test_repetition", "test_pricing",
    "test_description", "test_rights", "test_trail", "test_lists", "test_samples",
    "test_schema_client", "test_first_client", "test_seed", "test_moving", "test_admin",
    "test_envelope",
}  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes its time is left out of `make quick`; one process seeds the demo shop of a file."""
    for item in items:
        demo = "demo_shop" in getattr(item, "fixturenames", ())
        if demo or commits(item) or item.path.stem in SLOW_FILES:
            item.add_marker(pytest.mark.slow)
        if demo:
            item.add_marker(pytest.mark.xdist_group(f"demo-{item.path.stem}"))


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Long values name a test by their length: its name travels between processes many times, and
    one of sixteen million bytes was most of what they said to each other.
    """
    if isinstance(val, str | bytes) and len(val) > 80:
        return f"{len(val)} {'characters' if isinstance(val, str) else 'bytes'}"
    return None


def commits(item: pytest.Item) -> bool:
    """Whether all tables are emptied after it, because its transactions are real ones."""
    marker = item.get_closest_marker("django_db")
    wanted = {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
    return bool(wanted) or (marker is not None and bool(marker.kwargs.get("transaction")))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
) -> Iterator[None]:
    """Start the tests' own cluster; the last test process that uses it stops it."""
    from tests import template
    from tests.settings import CLUSTER, EMBEDDED_TESTS

    if not EMBEDDED_TESTS:
        yield
        return
    with CLUSTER.held():
        settings.DATABASES["default"]["TEST"]["TEMPLATE"] = template.ensure(CLUSTER)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Let test databases be emptied between tests: the ledgers' own triggers refuse TRUNCATE.

    The connection is opened anew, so that it has this setting and the limit on lock waits.
    """
    with django_db_blocker.unblock():
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {name} SET mami.allow_truncate TO 'on'")
        connection.close()
    post_migrate.connect(_keep_the_law, sender=apps.get_app_config("catalog"))


@pytest.fixture(scope="session", autouse=True)
def _quick_emptying() -> Iterator[None]:
    """After a test that commits, empty the tables that hold something: TRUNCATE makes every file of
    every table and index anew, a third of a second for a handful of rows.

    Needs a superuser, as the tests' own cluster has one, because the ledgers' triggers refuse a
    DELETE; elsewhere Django's own way is kept.
    """
    truncate = DatabaseOperations.sql_flush

    def delete(self: DatabaseOperations, style: Style, tables: list[str], **how: bool) -> list[str]:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            if cursor.fetchone() != (True,):
                return truncate(self, style, tables, **how)
            names = [self.quote_name(table) for table in tables]
            asked = (f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in names)
            cursor.execute(" UNION ALL ".join(asked))
            return [
                "SET LOCAL session_replication_role TO 'replica'",
                *(f"DELETE FROM {name}" for (name,) in cursor.fetchall()),
                "SET LOCAL session_replication_role TO 'origin'",
            ]

    DatabaseOperations.sql_flush = delete
    yield
    DatabaseOperations.sql_flush = truncate


def _keep_the_law(**_: Any) -> None:
    """Tests that commit are followed by an emptying of all tables, what migrations wrote included:
    the VAT classes come back as the next test knows them. Django tells of it by this signal.
    """
    if not apps.get_model("catalog", "VatClass").objects.exists():
        importlib.import_module("catalog.migrations.0002_vat").load(apps, None)


@pytest.fixture(autouse=True)
def _empty_cache_and_queue(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Tests that commit are cleaned up by emptying the models' tables; cache and jobs have none, and
    what this process remembers of the catalogue was another catalogue's.
    """
    memory.forget()
    yield
    if commits(request.node):
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cache.clear()
            cursor.execute("DELETE FROM procrastinate_jobs")


@pytest.fixture(autouse=True)
def _in_hebrew() -> Iterator[None]:
    """Every test begins in the shop's language, whatever the one before has switched to."""
    translation.activate(settings.LANGUAGE_CODE)
    yield
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="session", autouse=True)
def _fresh_folders() -> None:
    """Mail, uploads and the sandbox provider's ledger of this test process start empty."""
    shutil.rmtree(settings.MAMI_VAR, ignore_errors=True)
    settings.STATIC_ROOT.mkdir(parents=True)


@pytest.fixture(autouse=True)
def _fresh_ledger(settings: Settings) -> None:
    """Each test has a payment provider without memories."""
    settings.SANDBOX_LEDGER = settings.MAMI_VAR / "sandbox" / f"{uuid.uuid4().hex}.sqlite3"
