"""The nightly copy and the weekly proof: begun by the worker where they are wanted, done beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings

from mami import jobs
from tests.architecture.project import ROOT

ASKED = (
    "import django; django.setup(); from procrastinate.contrib.django import app;"
    "print(*[f'{one.task.name}={one.cron}'"
    " for one in app.periodic_registry.periodic_tasks.values() if 'begin' in one.task.name], sep=';')"
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({}, ""),
        ({"BACKUP_FOLDER": "/srv/copies"}, "mami.begin_backup=10 0 * * *"),
        ({"RESTORE_DRILL": "1"}, "mami.begin_restore_drill=10 1 * * 0"),
    ],
)
def test_they_are_periodic_where_they_are_wanted(
    tmp_path: Path, wanted: dict[str, str], told: str
) -> None:
    """Elsewhere nobody misses them: a job that is not periodic is not expected."""
    environment = {
        "PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "mami.settings", "MAMI_DEMO": "1",
        "MAMI_VAR": str(tmp_path), "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", ASKED], env=environment | wanted, cwd=ROOT, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.strip() == told


def test_a_command_beside_the_worker_says_why_it_failed(
    tmp_path: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    def told() -> list[tuple[str, str, str]]:
        lines = [record.msg for record in caplog.records if record.name == "mami.jobs"]
        caplog.clear()
        return [(line["event"], line["command"], line["reason"]) for line in lines]

    settings.BASE_DIR = tmp_path
    script = tmp_path / "manage.py"
    script.write_text("import sys; print(*sys.argv[1:]); sys.exit('no room for it')")
    jobs._beside("backup", "--prune").join(30)
    assert told() == [("command_failed", "backup", "no room for it")]
    script.write_text("")
    jobs._beside("backup").join(30)
    assert told() == []
