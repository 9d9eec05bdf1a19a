"""When the server prepares statements: always, but behind a pooler that nobody has vouched for."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from runtime import environment

ADDRESS = "postgresql://mami:secret@db.example:5432/mami"


@pytest.mark.parametrize(
    ("bouncer", "prepare", "prepared"),
    [("", "", True), ("", "0", False), ("1", "", False), ("1", "1", True)],
)
def test_when(monkeypatch: pytest.MonkeyPatch, bouncer: str, prepare: str, prepared: bool) -> None:
    monkeypatch.setenv("DATABASE_URL", ADDRESS)
    for name, value in (("DATABASE_PGBOUNCER", bouncer), ("DATABASE_PREPARE", prepare)):
        monkeypatch.delenv(name, raising=False)
        if value:
            monkeypatch.setenv(name, value)
    options = environment.database(environment.Environment(), Path("/nowhere"))["OPTIONS"]
    assert options.get("server_side_binding", False) is prepared
    assert ("prepare_threshold" in options) is prepared


@pytest.mark.django_db
def test_what_is_asked_again_is_prepared() -> None:
    with connection.cursor() as cursor:
        for number in range(environment.PREPARED_AFTER + 2):
            cursor.execute("SELECT %s::int + 1 AS asked_again", [number])
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement ~ 'asked_again'"
        )
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db
@pytest.mark.parametrize("search", ["LIKE %s", "ILIKE %s", "~ %s", "~~* %s"])
def test_a_search_by_a_pattern_has_a_plan_of_its_own(search: str) -> None:
    with connection.cursor() as cursor:
        for text in range(environment.PREPARED_AFTER + 2):
            cursor.execute(f"SELECT 'asked by pattern' {search}", [str(text)])
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%asked by pattern%'"
        )
        assert cursor.fetchone() == (0,)
