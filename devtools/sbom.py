"""What the shop is made of: every pinned package with its hashes and licence.

`python -m devtools.sbom` writes `sbom.cdx.json` (CycloneDX, by cyclonedx-bom) and `docs/licences.md`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from email.message import Message
from importlib import metadata
from pathlib import Path
from typing import Any, cast

CHECKOUT = Path(__file__).resolve().parents[1]
SBOM, PAGE = CHECKOUT / "sbom.cdx.json", CHECKOUT / "docs" / "licences.md"
ALLOWED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0",
    "PSF-2.0", "Unlicense",
    "LGPL-3.0-only",  # psycopg: imported as it is, never changed, and exchangeable
}  # fmt: skip
"""Licences under which a package may be part of the shop."""
# What packages say in words of their own, and what their licence file says where they say nothing.
SPELLED = {
    "Apache Software License": "Apache-2.0", "Apache 2.0": "Apache-2.0", "Apache 2": "Apache-2.0",
    "BSD": "BSD-3-Clause", "BSD License": "BSD-3-Clause", "BSD 3-Clause": "BSD-3-Clause",
    "BSD 3-Clause OR Apache-2.0": "BSD-3-Clause OR Apache-2.0", "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",  # python-dateutil
}  # fmt: skip
READ = {"pyrage": "MIT"}

INTRODUCTION = """# Licences

What the shop is made of at run time, by `make sbom`; with the hashes of every file in
[sbom.cdx.json](../sbom.cdx.json). A test compares both with `requirements.txt`, and every licence with those
allowed in `devtools/sbom.py`.

| package | version | licence |
|---|---|---|
"""


def document() -> dict[str, Any]:
    """The pinned packages as CycloneDX, each with its licence."""
    made = subprocess.run(
        [Path(sys.executable).parent / "cyclonedx-py", "requirements", "requirements.txt",
         "--output-reproducible", "--mc-type", "application"],
        cwd=CHECKOUT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(made.stdout)
    for tool in found["metadata"]["tools"]["components"]:
        tool.pop("externalReferences", None)  # where its makers are found says nothing of the shop
    for component in found["components"]:
        del component["description"]
        # By whatever index they came: the hashes are the package's own.
        links = component.pop("externalReferences")
        component["hashes"] = [row for link in links for row in link["hashes"]]
        component["licenses"] = [{"expression": licence(component["name"])}]
    return found


def licence(name: str) -> str:
    """The licence of an installed package as SPDX writes it."""
    said = cast(Message, metadata.metadata(name))
    classified = [
        line.rpartition(" :: ")[2]
        for line in said.get_all("Classifier") or []
        if line.startswith("License ::")
    ]
    words = said.get("License-Expression") or said.get("License") or ""
    if not words or len(words) > 40:
        words = classified[0] if classified else READ.get(name, "")
    return SPELLED.get(words, words)


def page(found: dict[str, Any]) -> str:
    rows = [
        f"| {one['name']} | {one['version']} | {one['licenses'][0]['expression']} |\n"
        for one in found["components"]
    ]
    return INTRODUCTION + "".join(rows)


def forbidden(expression: str) -> set[str]:
    """What in a licence is not allowed; of alternatives one is enough."""
    choices = [
        {word.strip("() ") for word in choice.split(" AND ")} for choice in expression.split(" OR ")
    ]
    if "(" in expression:  # an alternative inside: all of it has to be allowed
        choices = [set().union(*choices)]
    return min((choice - ALLOWED for choice in choices), key=len)


def text(found: dict[str, Any]) -> str:
    return json.dumps(found, indent=1, sort_keys=True) + "\n"


def main() -> None:
    found = document()
    SBOM.write_text(text(found), encoding="utf-8")
    PAGE.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
