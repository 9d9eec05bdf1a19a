"""Does every pinned package have a file for each Python and platform that README names?

`python -m devtools.platforms` asks the package index (by uv) and compares the hashes of what it found
with those that are pinned. Nothing is built, installed or run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = {
    "x86_64-manylinux_2_28": "Linux on x86-64",
    "aarch64-manylinux_2_28": "Linux on ARM",
    "aarch64-apple-darwin": "macOS on ARM",
}
_PACKAGE = re.compile(r"^([a-z0-9][\w.-]*)(?:\[[\w,-]+\])?==(\S+)", re.M)
_HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})")

Pins = dict[str, tuple[str, frozenset[str]]]


def pins(text: str) -> Pins:
    """Package to its version and the hashes of its files, of a requirements file."""
    starts = list(_PACKAGE.finditer(text))
    ends = [start.start() for start in starts[1:]] + [len(text)]
    return {
        start[1]: (start[2], frozenset(_HASH.findall(text[start.start() : end])))
        for start, end in zip(starts, ends, strict=True)
    }


def differences(pinned: Pins, found: Pins) -> list[str]:
    """What of `pinned` has no file there, or only one of another version or hash."""
    return [
        f"{name} {version}"
        for name, (version, hashes) in pinned.items()
        if name not in found or found[name][0] != version or not found[name][1] & hashes
    ]


def _index() -> list[str]:
    """The index that pip is told of, where uv is told of none."""
    if os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL"):
        return []
    told = (
        os.environ.get("PIP_INDEX_URL")
        or subprocess.run(
            [sys.executable, "-m", "pip", "config", "get", "global.index-url"],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()
    )
    return ["--index-url", told] if told else []


def main() -> int:
    uv = shutil.which("uv", path=f"{CHECKOUT / '.venv' / 'bin'}:/usr/local/bin:/usr/bin")
    uv = uv or shutil.which("uv")
    if uv is None:
        print("`make platforms` needs uv: see https://docs.astral.sh/uv/.", file=sys.stderr)
        return 2
    requirements = CHECKOUT / "requirements.txt"
    pinned, failed = pins(requirements.read_text(encoding="utf-8")), False
    for python in PYTHONS:
        for platform, name in PLATFORMS.items():
            problem = _asked(uv, requirements, pinned, python, platform)
            failed = failed or bool(problem)
            print(
                f"Python {python}, {name}: {problem or f'all {len(pinned)} packages'}", flush=True
            )
    return 1 if failed else 0


def _asked(uv: str, requirements: Path, pinned: Pins, python: str, platform: str) -> str:
    """What is wrong there, or the empty string."""
    with tempfile.NamedTemporaryFile(suffix=".txt") as answer:
        done = subprocess.run(
            [
                uv, "pip", "compile", "--quiet", "--no-deps", "--generate-hashes", "--no-header",
                *_index(), "--only-binary", ":all:", "--python-version", python, "--python-platform", platform,
                str(requirements), "-o", answer.name,
            ],
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["uv failed"])[-1]
        found = pins(Path(answer.name).read_text(encoding="utf-8"))
    return ", ".join(differences(pinned, found))


if __name__ == "__main__":
    sys.exit(main())
