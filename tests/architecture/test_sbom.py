"""What the shop is made of is written down, and may be part of it."""

import json

import pytest

from devtools import sbom
from devtools.platforms import pins
from tests.architecture.project import ROOT


def test_the_list_is_what_is_pinned() -> None:
    """Every package with its version and the hashes of its files: `make sbom` after `make requirements`."""
    written = json.loads(sbom.SBOM.read_text(encoding="utf-8"))
    listed = {
        one["name"]: (
            one["version"],
            {f"sha256:{row['content']}" for row in one["hashes"]},
        )
        for one in written["components"]
    }
    pinned = pins((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    assert listed == {name: (version, set(hashes)) for name, (version, hashes) in pinned.items()}
    assert written["bomFormat"] == "CycloneDX"
    assert sbom.PAGE.read_text(encoding="utf-8") == sbom.page(written)


def test_every_licence_is_known_and_allowed() -> None:
    for one in json.loads(sbom.SBOM.read_text(encoding="utf-8"))["components"]:
        (said,) = one["licenses"]
        assert said["expression"] == sbom.licence(one["name"]), one["name"]
        assert not sbom.forbidden(said["expression"]), one["name"]


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("MIT", set()),
        ("GPL-3.0-only", {"GPL-3.0-only"}),
        ("GPL-3.0-only OR MIT", set()),
        ("MIT AND AGPL-3.0-only", {"AGPL-3.0-only"}),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", set()),
        ("", {""}),
    ],
)
def test_alternatives_are_understood(expression: str, wrong: set[str]) -> None:
    assert sbom.forbidden(expression) == wrong


@pytest.mark.slow
def test_the_list_is_what_the_library_makes() -> None:
    assert sbom.SBOM.read_text(encoding="utf-8") == sbom.text(sbom.document())
