"""Chametz on Passover: what is hidden, and what the tag and the column say of each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from branches.calendar.passover import on_at
from catalog.choices import Allergen, DietaryTag, Passover
from core import clock

TAG: str = DietaryTag.KOSHER_PASSOVER


def shown(*, passover: str, on: str | None = None) -> str:
    """SQL: whether a product is shown by its column `passover`; `on` is SQL too, of it being Passover."""
    when = on_at(clock.now()) if on is None else on
    return f"({passover} IS DISTINCT FROM '{Passover.NOT}' OR NOT ({when}))"


def is_chametz(passover: str | None) -> bool:
    """Whether a product must not be sold on Passover."""
    return passover == Passover.NOT


def in_step(
    changes: dict[str, Any], *, tags: Iterable[str] = (), passover: str | None = None
) -> dict[str, Any]:
    """`changes` with the column and the tag saying the same; `tags` and `passover` are those that stand.

    What is said of the column wins; the tag given alone sets it, and taken away alone empties it.
    """
    values = dict(changes)
    if "passover" in values:
        said = values["passover"] = values["passover"] or None
        kept = [tag for tag in values.get("dietary_tags", tags) if tag != TAG]
        if said == Passover.KOSHER:
            kept = _with_tag(values.get("dietary_tags", tags))
        if kept != list(tags) or "dietary_tags" in values:
            values["dietary_tags"] = kept
    elif "dietary_tags" in values:
        if TAG in values["dietary_tags"]:
            values["passover"] = Passover.KOSHER.value
        elif passover == Passover.KOSHER:
            values["passover"] = None
    return values


def guessed(*, tags: Iterable[str], allergens: Iterable[str]) -> str | None:
    """What the demo shop's labels tell: the tag, or gluten without it."""
    if TAG in tags:
        return Passover.KOSHER.value
    return Passover.NOT.value if Allergen.GLUTEN in allergens else None


def _with_tag(tags: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*tags, TAG]))
