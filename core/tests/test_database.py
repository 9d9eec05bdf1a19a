"""What `check` says of the database: its log, its connections, its waits."""

from __future__ import annotations

import pytest
from django.db import connection
from pytest_django import Settings

from core import database

pytestmark = pytest.mark.django_db


def ids(found: list) -> list[str]:
    return [message.id for message in found]


def say(setting: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL {setting} TO '{value}'")


def test_the_embedded_server_says_nothing_about_people() -> None:
    assert database.server_log_is_quiet(databases=["default"]) == []
    assert database.server_log_is_quiet(databases=None) == []


@pytest.mark.parametrize(
    ("setting", "loud"),
    [
        ("log_min_error_statement", "error"),  # PostgreSQL's default: the whole INSERT
        ("log_error_verbosity", "default"),
        ("log_parameter_max_length", "-1"),
        ("log_parameter_max_length_on_error", "20"),
        ("log_min_duration_statement", "500"),
        ("log_statement", "all"),
    ],
)
def test_a_log_that_may_quote_people_is_warned_of(setting: str, loud: str) -> None:
    say(setting, loud)
    (warning,) = database.server_log_is_quiet(databases=["default"])
    assert warning.id == "mami.W103"
    assert f"{setting} = {loud}" in warning.msg


def test_connections_are_counted_over_all_nodes(settings: Settings) -> None:
    """The page's example: 6 nodes x 4 x 8 + 3 x 10 + 20 = 242; the tests' server gives 200."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_connections")
        there = int(cursor.fetchone()[0])
    settings.WEB_NODES, settings.WEB_WORKERS, settings.DATABASE_POOL_SIZE = 6, 4, 8
    settings.WORKERS = 3
    (warning,) = database.connections_fit(databases=["default"])
    assert warning.id == "mami.W105"
    assert warning.msg == f"242 connections may be asked for, and the server gives {there}."

    settings.WEB_NODES = settings.WEB_WORKERS = 1
    settings.WORKERS = 1
    settings.DATABASE_POOL_SIZE = there - 5 - 30 - 1
    assert database.connections_fit(databases=["default"]) == []
    settings.DATABASE_POOL_SIZE += 1
    assert ids(database.connections_fit(databases=["default"])) == ["mami.W105"]


def test_who_wants_standbys_must_be_able_to_see_them(settings: Settings) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE mami_blind")
        cursor.execute("SET LOCAL ROLE mami_blind")
        assert database.followers_can_be_seen(databases=["default"]) == []
        settings.SYNC_STANDBYS = 1
        assert ids(database.followers_can_be_seen(databases=["default"])) == ["mami.W106"]
        cursor.execute("RESET ROLE")
        cursor.execute("GRANT pg_read_all_stats TO mami_blind")
        cursor.execute("SET LOCAL ROLE mami_blind")
        assert database.followers_can_be_seen(databases=["default"]) == []
        cursor.execute("RESET ROLE")


def test_behind_pgbouncer_nobody_counts(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEB_NODES = 1000
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    assert database.connections_fit(databases=["default"]) == []


def test_waits_without_a_limit_are_warned_of() -> None:
    assert database.lock_waits_are_limited(databases=["default"]) == []
    say("lock_timeout", "0")
    assert ids(database.lock_waits_are_limited(databases=["default"])) == ["mami.W001"]
