"""The large shop instead of the tests' own database; nothing that is written there stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from tests.scale import large_shop
from tests.settings import CLUSTER, EMBEDDED_TESTS


@pytest.fixture(scope="module")
def large(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    if not EMBEDDED_TESTS:
        pytest.skip("needs the tests' own cluster")
    own = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["NAME"] = large_shop.ensure(CLUSTER)
        try:
            whole = transaction.atomic()
            whole._from_testcase = True  # services that must be outermost are asked within it
            with whole:
                yield
                transaction.set_rollback(True)
        finally:
            connection.close()
            connection.settings_dict["NAME"] = own
