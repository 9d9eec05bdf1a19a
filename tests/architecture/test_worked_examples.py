"""docs/payments.md names a test for every worked example of the law, and each of them exists."""

from __future__ import annotations

import re

from tests.architecture.project import ROOT
from tests.architecture.test_security import PROOF, names

PAGE = ROOT / "docs" / "payments.md"
EXAMPLES = 37
ROW = re.compile(r"^\| ([\d, ]+) \| (`.+) \|$", re.M)


def test_every_example_has_its_test() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## Worked examples")[2]
    rows = ROW.findall(section.partition("\n## ")[0])
    numbers = [int(number) for first, _ in rows for number in first.split(",")]
    assert sorted(numbers) == list(range(1, EXAMPLES + 1))
    gone = [
        f"{path}::{name}"
        for _, tests in rows
        for path, name in PROOF.findall(tests)
        if name not in names(path)
    ]
    assert gone == []
    few = [first for first, tests in rows if len(PROOF.findall(tests)) < len(first.split(","))]
    assert few == []
