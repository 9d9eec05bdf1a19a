"""The drawing, as Mermaid: every model, and what it points to."""

from __future__ import annotations

from devtools.data_model.reading import APPS, Field, fields_of, models_of, target_of

EVERYWHERE = "User"  # a line to it from everywhere would hide all others


def mermaid() -> str:
    """An `erDiagram`; the tables below it have the fields."""
    lines = ["```mermaid", "erDiagram"]
    for app in APPS:
        for model in models_of(app):
            lines += _lines(model.__name__, list(fields_of(model)))
    return "\n".join([*lines, "```"]) + "\n"


def _lines(name: str, fields: list[Field]) -> list[str]:
    """One line for each foreign key; a model that points nowhere stands by itself."""
    arrows = []
    for field in fields:
        target = target_of(field)
        if target is None or target.__name__ == EVERYWHERE:
            continue
        many = "||" if field.unique else "}o"
        one = "o|" if field.null else "||"
        arrows.append(f"    {name} {many}--{one} {target.__name__} : {field.name}")
    return arrows or [f"    {name}"]
