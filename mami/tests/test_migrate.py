"""`migrate` waits briefly for its locks, lets others pass, and tries each step again."""

from __future__ import annotations

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import OperationalError, connection

from mami.management.commands.migrate import TRIES, Command

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    counted: list[None] = []
    monkeypatch.setattr(Command, "pause", lambda _self: counted.append(None))
    return counted


def lock_timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return str(cursor.fetchone()[0])


def test_a_step_that_finds_its_table_locked_comes_again(
    pauses: list[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader holds the table: the ALTER gives way after its time, and comes through later."""
    params = connection.get_connection_params()
    reader = psycopg.connect(**{key: params[key] for key in ("dbname", "user", "host", "port")})
    reader.execute("SELECT count(*) FROM catalog_category")
    waits: list[str] = []

    def step(_self: object, *_: object, **__: object) -> None:
        waits.append(lock_timeout())
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout TO '50ms'")
            cursor.execute("ALTER TABLE catalog_category ALTER COLUMN id SET NOT NULL")

    def pause(_self: object) -> None:
        pauses.append(None)
        reader.close()

    monkeypatch.setattr(migrate.Command, "handle", step)
    monkeypatch.setattr(Command, "pause", pause)
    call_command("migrate", verbosity=0)
    assert (waits, len(pauses)) == (["2s", "2s"], 1)
    assert lock_timeout() == "3s"


def test_after_ten_tries_it_says_so(pauses: list[None], monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_self: object, *_: object, **__: object) -> None:
        raise OperationalError from psycopg.errors.LockNotAvailable()

    monkeypatch.setattr(migrate.Command, "handle", never)
    with pytest.raises(OperationalError):
        call_command("migrate", verbosity=0)
    assert len(pauses) == TRIES - 1


def test_other_failures_are_told_at_once(
    pauses: list[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: object, *_: object, **__: object) -> None:
        raise OperationalError from psycopg.errors.DiskFull()

    monkeypatch.setattr(migrate.Command, "handle", broken)
    with pytest.raises(OperationalError):
        call_command("migrate", verbosity=0)
    assert not pauses
