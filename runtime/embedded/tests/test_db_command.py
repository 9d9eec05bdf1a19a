"""`manage.py db` as an operator uses it: a shop of its own, backed up, damaged and brought back."""

import os
import re
import stat
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pyrage
import pytest

from runtime.embedded import Cluster
from runtime.embedded.tests.conftest import CHECKOUT, Answer, patience, throw_away_folder

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("db")]

COUNT = "SELECT count(*) FROM audit_auditentry"
ADD = (
    "INSERT INTO audit_auditentry (entity_type, entity_id, action, old_value, new_value, context,"
    " created_at) VALUES ('product', 7, 'CREATE', '{}', '{}', '{}', now())"
)


@pytest.fixture(scope="module")
def shop() -> Iterator[Path]:
    with throw_away_folder() as folder:
        try:
            assert manage(folder, "migrate", "-v0").code == 0
            yield folder
        finally:
            Cluster(folder / "postgres").stop()


@pytest.fixture
def running(shop: Path) -> Iterator[Path]:
    """Its database is in use: no command of the test starts or stops it."""
    with Cluster(shop / "postgres").held():
        yield shop


def manage(var: Path, *arguments: str, **variables: str) -> Answer:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=CHECKOUT,
        env={
            "PATH": os.environ["PATH"],
            "MAMI_VAR": str(var),
            "MAMI_DEMO": "1",
            "MAMI_EMBEDDED": "1",
            "LOG_LEVEL": "WARNING",
        }
        | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120 * patience(),
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def ask(var: Path, query: str) -> str:
    """What the database itself says, as text; nothing where it answers no rows."""
    with psycopg.connect(Cluster(var / "postgres").url(), autocommit=True) as connection:
        found = connection.execute(query)
        row = found.fetchone() if found.description else None
    return str(row[0]) if row else ""


def test_a_command_starts_the_database_and_leaves_nothing_behind(shop: Path) -> None:
    assert manage(shop, "showmigrations", "audit").code == 0
    assert Cluster(shop / "postgres").running_pid() is None


def test_start_status_and_stop(shop: Path) -> None:
    assert manage(shop, "db", "start").out.startswith("running (pid")
    assert manage(shop, "showmigrations", "audit").code == 0
    assert manage(shop, "db", "status").out.startswith("running (pid")
    assert manage(shop, "db", "psql", "--", "-qAtX", "-c", COUNT).out == "0\n"
    assert manage(shop, "db", "stop").out == "stopped\n"
    assert manage(shop, "db", "status").out.startswith("not running")


def test_a_copy_brings_back_what_was_lost(running: Path) -> None:
    shop = running
    ask(shop, ADD)
    before = ask(shop, COUNT)
    picture, photo = shop / "media/products/apple.webp", shop / "private/doors/door.webp"
    for path in (picture, photo):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a picture of " + path.name.encode())
    identity = pyrage.x25519.Identity.generate()
    copied = manage(shop, "backup", "--prune", BACKUP_RECIPIENTS=str(identity.to_public()))
    copy = Path(copied.out.split(" (")[0])
    assert copy.parent == shop / "backups"
    assert copy.name.endswith("Z.tar.age")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert sorted(path.name for path in copy.parent.iterdir()) == [copy.name]
    assert ask(shop, "SELECT outcome FROM mami_jobrun WHERE name = 'mami.backup'") == "OK"
    ask(shop, ADD)
    for path in (picture, photo):
        path.unlink()
    key = (shop / "secret_key").read_text()
    (shop / "secret_key").write_text("another key, as a new machine makes one")
    secret = {"BACKUP_IDENTITY": str(identity)}

    refused = manage(shop, "db", "restore", str(copy), **secret)
    assert refused.code == 1
    assert "holds a shop already; add --yes" in refused.err
    assert ask(shop, COUNT) == str(int(before) + 1)

    done = manage(shop, "db", "restore", str(copy), "--yes", **secret)
    assert done.code == 0, done.err
    assert picture.read_bytes() == b"a picture of apple.webp"
    assert photo.read_bytes() == b"a picture of door.webp"
    assert (shop / "secret_key").read_text() == key
    assert list(shop.glob("secret_key.before-*"))
    assert ask(shop, COUNT) == before
    assert ask(shop, "SHOW lock_timeout") == "3s"
    former = re.search(r"kept as (\w+)", done.out)
    assert former is not None
    assert ask(shop, f"SELECT count(*) FROM pg_database WHERE datname = '{former[1]}'") == "1"
    assert manage(shop, "migrate", "--check").code == 0


def test_a_broken_copy_changes_nothing(running: Path) -> None:
    shop = running
    whole = shop / "whole.tar"
    assert manage(shop, "db", "backup", str(whole)).code == 0
    assert "exists already" in manage(shop, "db", "backup", str(whole)).err
    before = ask(shop, COUNT), ask(shop, "SELECT count(*) FROM pg_database")

    with tarfile.open(whole) as tar:
        tar.extract("mami.dump", shop, filter="data")
    cut_dump, cut = shop / "cut.dump", shop / "cut.tar"
    cut_dump.write_bytes((shop / "mami.dump").read_bytes()[:-4000])
    cut.write_bytes(whole.read_bytes()[:-40_000])
    letter = shop / "letter.dump"
    letter.write_text("Dear shop, here is your backup.")
    for broken, said in [
        (cut, "not a whole"),
        (cut_dump, "could not be read in whole"),
        (letter, "is not a copy made by"),
        (shop / "gone.dump", "is not there"),
    ]:
        refused = manage(shop, "db", "restore", str(broken), "--yes")
        assert refused.code == 1
        assert said in refused.err
        assert "Traceback" not in refused.err
    assert (ask(shop, COUNT), ask(shop, "SELECT count(*) FROM pg_database")) == before


def test_a_place_that_cannot_be_written_is_one_sentence(shop: Path) -> None:
    taken = shop / "a file"
    taken.touch()
    refused = manage(shop, "db", "backup", str(taken / "copy.dump"))
    assert refused.code == 1
    assert "cannot be written" in refused.err
    assert "Traceback" not in refused.err


def test_a_server_of_ones_own_is_left_alone(shop: Path) -> None:
    refused = manage(shop, "db", "stop", DATABASE_URL="postgresql://shop@db.example/mami")
    assert refused.code == 1
    assert "look after it there" in refused.err


def test_without_a_database_named_commands_do_not_make_one(tmp_path: Path) -> None:
    refused = manage(
        tmp_path / "var", "migrate", MAMI_EMBEDDED="", MAMI_DEMO="", SECRET_KEY="x" * 50
    )
    assert refused.code == 2
    assert "no database is named" in refused.err
    assert not (tmp_path / "var").exists()


def test_production_makes_no_copy_that_anybody_can_read(running: Path) -> None:
    """Refused, and noted as a failure, so that it is missed."""
    refused = manage(running, "backup", MAMI_DEMO="", SECRET_KEY="x" * 50)
    assert refused.code == 1
    assert "BACKUP_RECIPIENTS is not set" in refused.err
    assert ask(running, "SELECT outcome FROM mami_jobrun WHERE name = 'mami.backup'") == "FAILED"
