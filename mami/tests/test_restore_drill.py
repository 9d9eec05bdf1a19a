"""`restore_drill`: a copy is proven by another server, and a row that is not the same is noticed."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from core import clock
from mami.models import JobRun
from runtime import backups
from runtime.backups import drill, tables
from runtime.backups.clients import connected
from tests.history import Beside, beside, migrated
from tests.shop import open_shop

__all__ = ["beside"]


def said_by(capsys: pytest.CaptureFixture[str], *command: str) -> list[str]:
    call_command("restore_drill", *command)
    lines = capsys.readouterr().out.splitlines()
    # Where the checkout is closed to the database's account, where it lives instead is told too.
    return [line for line in lines if "so the database lives in" not in line]


@pytest.mark.django_db(transaction=True)
class TestDrill:
    @pytest.fixture(autouse=True)
    def _goods(self) -> None:
        """Somebody can sign in, and something can be ordered."""
        shop = open_shop(capacity=100)
        shop.product(stock=50)
        shop.customer()

    def test_everything_holds_and_nothing_is_left(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lines = said_by(capsys)
        assert [line.split()[0] for line in lines] == ["ok"] * 7 + ["everything"]
        assert lines[-2].endswith("a person signs in, and an order is placed")
        assert JobRun.objects.get(name="mami.restore_drill").outcome == "OK"

        def tampered(address: str, dump: Path) -> None:
            _FILL(address, dump)
            with psycopg.connect(address) as server:
                server.execute("UPDATE catalog_category SET position = position + 1")

        monkeypatch.setattr(drill, "_fill", tampered)
        with pytest.raises(CommandError, match=r"catalog_category: \d+ rows .* in the manifest"):
            said_by(capsys)
        said = capsys.readouterr().out
        assert "FAILED" in said
        assert JobRun.objects.get(name="mami.restore_drill").outcome == "FAILED"
        assert not (settings.MAMI_VAR / "drills").exists()


_FILL = drill._fill


def test_a_copy_of_the_release_before_is_proven_too(
    beside: Beside,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As after an upgrade: it is what it was, and takes what came since."""
    with beside(migrated()):
        shop = open_shop(capacity=100)
        shop.product(stock=50)
        shop.customer()
        executor = MigrationExecutor(connection)
        (last,) = [name for app, name in executor.loader.graph.leaf_nodes() if app == "mami"]
        (before,) = executor.loader.get_migration("mami", last).dependencies[:1]
        executor.migrate([before])
        copy = backups.back_up(to=tmp_path / "older.tar", now=clock.now())
        lines = said_by(capsys, str(copy))
    assert [line.split()[0] for line in lines] == ["ok"] * 6 + ["everything"]
    assert "the migrations of this one are applied" in "".join(lines)


@pytest.mark.django_db(transaction=True)
def test_a_table_is_told_by_its_rows_alone() -> None:
    """Not by their order on the disk, nor by the session's way of writing values."""
    with connected() as server:
        server.execute(
            "CREATE TABLE thing (name text, at timestamptz, PRIMARY KEY (name, at));"
            "INSERT INTO thing SELECT n::text, now() FROM generate_series(1, 30) AS n;"
            "CREATE TABLE bare (what text); INSERT INTO bare VALUES ('א'), ('b'), ('א');"
            "CREATE UNLOGGED TABLE cached (what text)"
        )
        try:
            before = _of(server)
            assert before.keys() == {"public.thing", "public.bare"}
            assert (before["public.thing"]["rows"], before["public.bare"]["rows"]) == (30, 3)
            server.execute(
                "SET timezone TO 'Asia/Tokyo'; UPDATE thing SET name = name WHERE name < '2'"
            )
            assert _of(server) == before
            server.execute("UPDATE thing SET at = at + interval '1 microsecond' WHERE name = '7'")
            (line,) = tables.differences(before, _of(server))
            assert line.startswith("public.thing: 30 rows ")
        finally:
            server.execute("DROP TABLE thing, bare, cached")


def _of(server: psycopg.Connection) -> tables.Counted:
    ours = {"public.thing", "public.bare", "public.cached"}
    with tables.one_instant(server):
        return {name: row for name, row in tables.counted(server).items() if name in ours}


def test_nothing_is_tried_in_the_shop_itself() -> None:
    with pytest.raises(CommandError, match="not a copy"):
        call_command("try_copy")
