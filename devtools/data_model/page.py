"""docs/data-model.md, with its drawing, and docs/order-status.md."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from devtools.data_model import diagram, statuses
from devtools.data_model.reading import (
    APPS,
    Model,
    fields_of,
    models_of,
    rules_of,
    sentence_of,
    type_of,
)

INTRODUCTION = """\
# The data model

Made from the models by `make docs`; do not edit.

Money is `numeric(12,2)` in ₪ with VAT included, quantities have three places (kg for goods sold by
weight), instants are UTC, states are UPPER_CASE. In the drawing lines to `User` are left out, or there
would be nothing else to see.

"""


def write() -> list[Path]:
    """Write the pages anew; returns what changed."""
    changed = stale()
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_contents()[path], encoding="utf-8")
    return changed


def stale() -> list[Path]:
    """The files that no longer say what the models say."""
    return [
        path
        for path, text in _contents().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def _contents() -> dict[Path, str]:
    docs = Path(settings.BASE_DIR) / "docs"
    return {
        docs / "data-model.md": _page(),
        docs / "order-status.md": statuses.page(),
    }


def _page() -> str:
    parts = [INTRODUCTION, diagram.mermaid()]
    for app in APPS:
        parts.append(f"\n## {app}\n")
        parts += [_model(model) for model in models_of(app)]
    return "".join(parts)


def _model(model: Model) -> str:
    lines = [f"\n### {model.__name__}\n"]
    if sentence := sentence_of(model):
        lines += [sentence, ""]
    lines += ["| field | type | |", "|---|---|---|"]
    for field in fields_of(model):
        kind = type_of(field).replace("|", "\\|")
        lines.append(f"| `{field.name}` | {kind} | {'may be absent' if field.null else ''} |")
    if rules := rules_of(model):
        lines += ["", "Rules and indexes: " + ", ".join(f"`{rule}`" for rule in rules)]
    return "\n".join(lines) + "\n"
