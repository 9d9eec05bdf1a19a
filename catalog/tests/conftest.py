"""The demo shop, seeded once for all tests of a module that ask for it."""

import io
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from catalog.tests import factories


@pytest.fixture(scope="module")
def _demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("seed", stdout=io.StringIO())
        yield
        transaction.set_rollback(True)


@pytest.fixture
def demo_shop(_demo: None, db: None) -> None:
    """The seeded shop; what a test changes in it is undone after the test."""


@pytest.fixture
def documents(monkeypatch: pytest.MonkeyPatch) -> None:
    """A product that a test makes has its document, as one that a service makes."""
    monkeypatch.setattr(factories, "writes_documents", True)
