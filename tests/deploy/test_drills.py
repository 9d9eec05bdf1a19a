"""The drills that need programs of Debian and PyPI, in their short forms; each judges itself."""

import contextlib
import os
import subprocess
import sys

import pytest
from django.conf import settings

from runtime.run.tests.conftest import patience
from tests.deploy.programs import needed
from tests.drills.test_crash import database_url  # noqa: F401 -- a fixture

pytestmark = [pytest.mark.deploy, pytest.mark.slow]


def run(module: str, *arguments: str, seconds: float) -> str:
    """What the drill says; fails unless it passed."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MAMI_")}
    clean.pop("DATABASE_URL", None)
    drill = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=settings.BASE_DIR,
        env=clean,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = drill.communicate(timeout=seconds * patience())
    finally:
        with contextlib.suppress(ProcessLookupError):
            drill.terminate()
            drill.wait(timeout=60)
    print(said)
    assert drill.returncode == 0, said
    return said


def test_nodes_behind_nginx_are_exchanged_while_people_shop(database_url: str) -> None:  # noqa: F811
    for program in ("nginx", "openssl"):
        needed(program)
    said = run("tests.deploy.rolling", database_url, seconds=400)
    assert "front: passed" in said


def test_neighbours_go_away_in_turn(database_url: str) -> None:  # noqa: F811
    for program in ("redis-server", "prometheus"):
        needed(program)
    said = run("tests.deploy.neighbours", database_url, seconds=500)
    assert "neighbours: passed" in said


def test_the_primary_database_is_lost_and_no_order_with_it() -> None:
    for program in ("etcd", "uv"):
        needed(program)
    said = run("tests.deploy.failover", seconds=600)
    assert "failover: passed" in said
    assert "control, asynchronous: 0 " not in said


def test_copies_bring_back_what_a_mistake_took() -> None:
    needed("pgbackrest")
    said = run("tests.deploy.way_back", seconds=400)
    assert "way back: passed" in said
