"""README promises the Pythons and platforms that `make platforms` asks about."""

from __future__ import annotations

from devtools import platforms
from tests.architecture.project import ROOT

A, B = "a" * 64, "b" * 64
TEXT = f"""# made by make requirements
one==1.0 \\
    --hash=sha256:{A} \\
    --hash=sha256:{B}
    # via two
two[extra]==2.0 \\
    --hash=sha256:{B}
"""


def test_pins_are_read() -> None:
    found = platforms.pins(TEXT)
    assert found == {
        "one": ("1.0", frozenset({f"sha256:{A}", f"sha256:{B}"})),
        "two": ("2.0", frozenset({f"sha256:{B}"})),
    }
    assert platforms.pins((ROOT / "requirements.txt").read_text())["django"][0].startswith("5.2")


def test_what_is_missing_is_named() -> None:
    pinned = platforms.pins(TEXT)
    assert platforms.differences(pinned, pinned) == []
    assert platforms.differences(pinned, {}) == ["one 1.0", "two 2.0"]
    other = pinned | {"two": ("2.0", frozenset({f"sha256:{A}"}))}
    assert platforms.differences(pinned, other) == ["two 2.0"]
    newer = pinned | {"one": ("1.1", pinned["one"][1])}
    assert platforms.differences(pinned, newer) == ["one 1.0"]


def test_readme_and_set_up_name_the_same_pythons() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    setup = (ROOT / "bin" / "setup").read_text(encoding="utf-8")
    first, last = platforms.PYTHONS[0], platforms.PYTHONS[-1]
    assert f"Python {first} (to {last})" in readme
    assert (
        f"({first.replace('.', ', ')}) <= sys.version_info[:2] <= ({last.replace('.', ', ')})"
        in setup
    )
    for name in platforms.PLATFORMS.values():
        assert name in readme
