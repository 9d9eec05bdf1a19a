"""The import contracts are kept, and they can be broken."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.architecture.project import ROOT

LINT = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint(config: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", "--config", str(config)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_contracts_are_kept() -> None:
    done = lint(ROOT / ".importlinter")
    assert done.returncode == 0, done.stdout


def test_the_direction_between_apps_is_really_looked_at(tmp_path: Path) -> None:
    """The control: with the order turned upside down, the same check must complain."""
    text = (ROOT / ".importlinter").read_text()
    turned = text.replace(
        "    checkout\n    orders\n    lists | waiting\n",
        "    orders\n    checkout\n    lists | waiting\n",
        1,
    )
    assert turned != text
    (tmp_path / "turned").write_text(turned)
    done = lint(tmp_path / "turned")
    assert done.returncode != 0
    assert "checkout is not allowed to import orders" in " ".join(done.stdout.split())


def test_every_package_stands_in_the_order_once() -> None:
    """As a whole: no list of modules, so that a new one has its layer before it is written."""
    order = (
        (ROOT / ".importlinter").read_text().partition("layers =\n")[2].partition("unmatched")[0]
    )
    placed = re.findall(r"[\w.]+", order)
    beside = {"runtime", "devtools", "tests", "benchmarks"}
    packages = {path.parent.name for path in ROOT.glob("[!.]*/__init__.py")} - beside
    assert sorted(placed) == sorted(packages)
