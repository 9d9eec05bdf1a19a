"""What does not belong into a public repository: machines, secrets, other people's addresses."""

import re
from pathlib import Path

from tests.architecture.project import ROOT, files, short

TEXT = {".py", ".html", ".css", ".js", ".md", ".txt", ".in", ".toml", ".ini", ".yml", ".yaml",
        ".json", ".csv", ".po", ".svg", ".sh", ".example", ""}  # fmt: skip

FORBIDDEN = {
    "a path of one machine": r"(?<![\w./])/(?:root|home|work|Users)/\w",
    "an index of packages": r"(?:files\.pythonhosted|pypi\.org/simple|index-url\s*=|registry\.npmjs)",
    "a private key": r"-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY",
    "a live key": r"\b(?:sk|rk|pk)_live_\w{8}",
    "a card number": r"\b(?:4\d{3}|5[1-5]\d{2})[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}\b",
}
MAY = {
    "a card number": {"tests"},  # numbers that must be refused
}


def test_nothing_that_must_not_be_published() -> None:
    found = []
    for path in files():
        if path.suffix not in TEXT or path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for what, pattern in FORBIDDEN.items():
            if MAY.get(what, set()) & set(path.relative_to(ROOT).parts):
                continue
            matches = re.finditer(pattern, text)
            found += [f"{short(path)}: {what}: {match[0]!r}" for match in matches]
    assert not found


def test_nothing_large_or_generated() -> None:
    large = [short(path) for path in files() if path.stat().st_size > 1_000_000]
    generated = [
        short(path) for path in files() if path.suffix in (".mo", ".pyc", ".sqlite3", ".dump")
    ]
    assert not large
    assert not generated
