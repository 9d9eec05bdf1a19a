"""Every drill that is a command of its own begins: it opens its shop itself, so nothing may ask for one before."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

COMMANDS = (
    "tests.drills.__main__", "tests.deploy.failover", "tests.deploy.neighbours", "tests.deploy.rolling",
    "tests.deploy.rotating", "tests.deploy.upgrade", "tests.deploy.way_back",
)  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_it_can_be_begun(name: str) -> None:
    clean = {
        key: value for key, value in os.environ.items() if not key.startswith(("MAMI_", "DJANGO_"))
    }
    done = subprocess.run(
        [sys.executable, "-c", f"import {name}"],
        cwd=settings.BASE_DIR, env=clean, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
