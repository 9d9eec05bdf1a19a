"""The programs that these tests start: found where Debian and PyPI put them.

On a build machine (CI) a missing one fails the test; elsewhere the test is skipped, and one loud line
says so.
"""

from __future__ import annotations

import os
import shutil
import sys
import warnings

import pytest

PLACES = os.pathsep.join(["/usr/sbin", "/usr/local/sbin", "/sbin"])


def needed(name: str) -> str:
    """The path of a program; skips (or, on a build machine, fails) the test without it."""
    path = os.environ.get("PATH", "") + os.pathsep + os.path.dirname(sys.executable)
    found = shutil.which(name, path=path + os.pathsep + PLACES)
    if found is not None:
        return found
    said = f"{name} IS NOT INSTALLED: what is shipped for it in deploy/ was NOT tested"
    if os.environ.get("CI"):
        pytest.fail(f"{said}; .ci/run installs it")
    warnings.warn(said, stacklevel=2)
    pytest.skip(said)
