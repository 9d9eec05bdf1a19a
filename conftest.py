"""What every test stands on: a real PostgreSQL of its own, emptied folders, nothing left running."""

import gc
import shutil
import uuid
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache as shop_cache
from django.db import connection, transaction
from django.db.models.signals import post_migrate
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from branches import contact
from catalog import process_cache
from catalog.migrations._vat_law import load_vat
from runtime import probes

pytest_plugins = ["tests.api_client", "tests.led_by_language"]

# How long an example takes says more of what else the machine does than of the code.
hypothesis_settings.register_profile("mami", hypothesis_settings.default, deadline=None)
hypothesis_settings.load_profile("mami")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Left out of `make quick`: what is marked `slow`, and what commits or seeds the demo shop unless it
    is marked `quick`. One process seeds the demo shop of a file.
    """
    for item in items:
        demo = "demo_shop" in getattr(item, "fixturenames", ())
        if (demo or commits(item)) and not item.get_closest_marker("quick"):
            item.add_marker(pytest.mark.slow)
        if demo:
            item.add_marker(pytest.mark.xdist_group(f"demo-{item.path.stem}"))


def pytest_collection_finish() -> None:
    """What stands after collecting stays to the end: the collector need not walk through it after
    every seven hundred new objects. It took a tenth of the time of tests.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


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
        settings.DATABASES["default"]["TEST"] |= {
            "TEMPLATE": template.ensure(CLUSTER),
            "MIGRATE": False,  # the template is what migrating left; nothing would be found to do
        }
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Let test databases be emptied between tests: the ledgers' own triggers refuse TRUNCATE. And let a
    test's transaction stand still for longer than a minute: on a busy machine what a test works out
    between two statements takes that long, and its session was ended.

    The connection is opened anew, so that it has these settings and the limit on lock waits.
    """
    with django_db_blocker.unblock():
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {name} SET mami.allow_truncate TO 'on'")
            cursor.execute(
                f"ALTER DATABASE {name} SET idle_in_transaction_session_timeout TO '20min'"
            )
        connection.close()
    post_migrate.connect(_keep_the_law, sender=apps.get_app_config("catalog"))


@pytest.fixture(scope="session", autouse=True)
def _quick_emptying() -> Iterator[None]:
    """After a test that commits, empty the tables that hold something, and nothing else.

    Django truncates, which makes every file of every table and index anew, and then writes again
    all that migrating writes: kinds of content and permissions, half a second of two processors for
    a handful of rows. Those are kept here, and only the law is written again, which tests may change.

    Needs a superuser, as the tests' own cluster has one, because the ledgers' triggers refuse a
    DELETE; elsewhere Django's own way is kept.
    """
    slowly = TransactionTestCase._fixture_teardown

    def empty(case: TransactionTestCase) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            if cursor.fetchone() == (True,):
                asked = (
                    f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in _emptied()
                )
                cursor.execute(" UNION ALL ".join(asked))
                full = [f"DELETE FROM {name}" for (name,) in cursor.fetchall()]
                cursor.execute(
                    "; ".join(["SET LOCAL session_replication_role TO 'replica'", *full])
                )
                cursor.execute("SET LOCAL session_replication_role TO 'origin'")
                _keep_the_law()
                return
        slowly(case)

    TransactionTestCase._fixture_teardown = empty
    yield
    TransactionTestCase._fixture_teardown = slowly


@cache
def _emptied() -> list[str]:
    """The tables of all models but those that migrating fills and nobody changes."""
    kept = {"django_content_type", "auth_permission"}
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return [connection.ops.quote_name(name) for name in sorted(set(names) - kept)]


def _keep_the_law(**_: Any) -> None:
    """What migrations wrote of the law, the VAT classes, comes back as the next test knows them."""
    if not apps.get_model("catalog", "VatClass").objects.exists():
        load_vat(apps, None)


@pytest.fixture(autouse=True)
def _empty_cache_and_queue(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Tests that commit are cleaned up by emptying the models' tables; cache, jobs and workers have
    none, and what this process remembers of the catalogue was another catalogue's.
    """
    process_cache.forget()
    contact.remember(contact.Contact(phone=settings.SELLER["phone"]), seconds=float("inf"))
    yield
    if commits(request.node):
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            shop_cache.clear()
            cursor.execute("DELETE FROM procrastinate_jobs; DELETE FROM procrastinate_workers")


@pytest.fixture(autouse=True)
def _in_hebrew() -> Iterator[None]:
    """Every test begins in the shop's language, whatever the one before has switched to."""
    translation.activate(settings.LANGUAGE_CODE)
    yield
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(autouse=True)
def _nobody_asks_the_database() -> Iterator[None]:
    """No prober is left with a connection to a test database."""
    yield
    probes.prober.stop()


@pytest.fixture(scope="session", autouse=True)
def _fresh_folders() -> None:
    """Mail, uploads and the sandbox provider's ledger of this test process start empty."""
    shutil.rmtree(settings.MAMI_VAR, ignore_errors=True)
    settings.STATIC_ROOT.mkdir(parents=True)
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()


@pytest.fixture(autouse=True)
def _fresh_ledger(settings: Settings) -> None:
    """Each test has a payment provider without memories."""
    settings.SANDBOX_LEDGER = settings.MAMI_VAR / "sandbox" / f"{uuid.uuid4().hex}.sqlite3"
