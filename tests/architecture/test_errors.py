"""Every refusal has a code that programs can rely on, and a line in docs/errors.md."""

import importlib
import re

from django.apps import apps

from core.errors import DomainError
from tests.architecture.project import APPS, ROOT

ROW = re.compile(r"^\| `([A-Z_]+)` \| (\d{3})", re.M)


def refusals() -> list[type[DomainError]]:
    for app in APPS:
        if (ROOT / app / "errors.py").exists():
            importlib.import_module(f"{app}.errors")
    importlib.import_module("api.errors")
    importlib.import_module("core.limits")
    assert apps.ready
    found, waiting = [], [DomainError]
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if "tests" not in one.__module__:
            found.append(one)
    return [one for one in found if one is not DomainError]


def documented() -> dict[str, int]:
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    return {code: int(status) for code, status in ROW.findall(page)}


def test_every_refusal_is_documented_with_its_status() -> None:
    known = documented()
    wrong = {
        f"{one.__module__}.{one.__name__}": (one.code, one.status, known.get(one.code))
        for one in refusals()
        if known.get(one.code) != one.status
    }
    assert not wrong, "code, status, and the status that docs/errors.md names"


def test_nothing_is_documented_that_nobody_says() -> None:
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for app in (*APPS, "api", "core", "mami")
        for path in (ROOT / app).rglob("*.py")
        if "tests" not in path.parts
    )
    assert not [code for code in documented() if f'"{code}"' not in source]


def test_refusals_have_an_own_code_or_their_parents() -> None:
    """Two classes may share a code only when one is a kind of the other, or both say the same."""
    seen: dict[str, type[DomainError]] = {}
    for one in refusals():
        other = seen.setdefault(one.code, one)
        assert other.status == one.status, (one, other)


def test_every_refusal_speaks_to_people() -> None:
    """Its own sentence, not the general one of its ancestor."""
    mute = [one.__name__ for one in refusals() if str(one.message) == str(DomainError.message)]
    assert not mute
