"""The project's own files, as the architecture tests look at them."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = sorted(path.parent.name for path in ROOT.glob("*/apps.py") if path.parent.name != "mami")


@cache
def files() -> tuple[Path, ...]:
    """Everything that is, or is about to be, under version control."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return tuple(path for path in paths if path.is_file())


def python_files(*, tests: bool = False) -> list[Path]:
    """Modules of the shop, without migrations and (unless asked for) without tests."""
    return [
        path
        for path in files()
        if path.suffix == ".py"
        and "migrations" not in (rooms := path.relative_to(ROOT).parts)
        and (tests or ("tests" not in rooms and path.name != "conftest.py"))
    ]


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))
