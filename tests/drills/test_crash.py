"""The short form of the crash drill, and its control; the long form is `make drill`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings


def drill(*arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MAMI_")}
    clean.pop("DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, "-m", "tests.drills.crash", "--short", *arguments],
        cwd=settings.BASE_DIR,
        env=clean,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_and_nothing_stays_open() -> None:
    ended = drill()
    assert ended.returncode == 0, ended.stdout
    assert "drill: passed" in ended.stdout


@pytest.mark.slow
def test_control_without_recovery_the_drill_fails() -> None:
    ended = drill("--control")
    assert ended.returncode == 0, ended.stdout
    assert "still open" in ended.stdout
