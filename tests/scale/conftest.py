"""A copy of the large shop instead of the tests' own database."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection
from psycopg import sql
from pytest_django import DjangoDbBlocker

from tests.scale import large_shop
from tests.settings import CLUSTER, EMBEDDED_TESTS

COPY = "asked_shop"


@pytest.fixture(scope="module")
def large(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Asked as in production, outside of any transaction: what a process remembers counts there."""
    if not EMBEDDED_TESTS:
        pytest.skip("needs the tests' own cluster")
    filled, own = large_shop.ensure(CLUSTER), connection.settings_dict["NAME"]
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(COPY))
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    with psycopg.connect(CLUSTER.url("postgres"), autocommit=True) as server:
        server.execute(drop)
        server.execute(copy.format(sql.Identifier(COPY), sql.Identifier(filled)))
        with django_db_blocker.unblock():
            connection.close()
            connection.settings_dict["NAME"] = COPY
            try:
                yield
            finally:
                connection.close()
                connection.settings_dict["NAME"] = own
        server.execute(drop)
