"""What the documents name is there: files, modules, commands, tests, pages that they link to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.project import ROOT, files, short

WRITTEN_BY_HAND = [
    path
    for path in files()
    if path.suffix == ".md" and path.name not in {"api-samples.md", "data-model.md"}
]
CODE = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"(?:[\w.-]+/)+[\w.-]+\.(?:py|md|html|css|js|yml|toml|ini|csv|conf|template|in)")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
TARGET = re.compile(r"\bmake ([a-z][a-z-]+)\b")
COMMAND = re.compile(r"\bmanage\.py (\w+)")
DJANGOS = {
    "check", "collectstatic", "createsuperuser", "makemigrations", "migrate", "procrastinate", "shell",
}  # fmt: skip
THERE = {short(path) for path in files()}
MAKE = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
COMMANDS = {Path(one).stem for one in THERE if "/management/commands/" in one} | DJANGOS


def is_there(name: str) -> bool:
    """A path, from the root or from an app whose name the sentence gives."""
    return name in THERE or any(one.endswith(f"/{name}") for one in THERE)


def gone(path: Path, text: str) -> Iterator[str]:
    for code in CODE.findall(text):
        name, _, test = code.partition("::")
        if FILE.fullmatch(name) and not is_there(name):
            yield name
        elif test and FILE.fullmatch(name) and name in THERE:
            last = test.rpartition("::")[2].partition("[")[0]
            if not re.search(rf"(def|class) {last}\b", (ROOT / name).read_text(encoding="utf-8")):
                yield code
        yield from (f"make {one}" for one in TARGET.findall(code) if one not in MAKE)
        yield from (f"manage.py {one}" for one in COMMAND.findall(code) if one not in COMMANDS)
    yield from (one for one in LINK.findall(text) if not (path.parent / one).exists())


@pytest.mark.parametrize("path", WRITTEN_BY_HAND, ids=short)
def test_it_names_what_is_there(path: Path) -> None:
    assert list(gone(path, path.read_text(encoding="utf-8"))) == []


def test_the_rule_can_be_broken() -> None:
    text = (
        "`core/nothing.py`, `make nothing`, `manage.py nothing`, [x](nothing.md), `core/money.py`"
    )
    told = list(gone(ROOT / "README.md", text))
    assert told == ["core/nothing.py", "make nothing", "manage.py nothing", "nothing.md"]
