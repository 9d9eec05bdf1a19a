"""What is left out of a text, one after the other, so that something is found."""

from __future__ import annotations

from dataclasses import replace

from catalog.search_port import SearchQuery
from search.labels import percent_key
from search.parts import QueryPart, main_of
from search.texts import QueryText


def steps(
    taken: QueryText, parts: list[QueryPart], query: SearchQuery
) -> list[tuple[SearchQuery, str]]:
    """The query, then less and less of it; each with what it leaves out."""
    steps = [(query, "")]
    if not query.parts and not query.asked_categories:
        return steps
    main = main_of(parts)
    quantities = taken.quantities
    said = list(zip(quantities.percents, quantities.percents_typed, strict=True)) if parts else []
    for percent, typed in reversed(said):
        key = percent_key(percent)
        query = replace(query, wanted=tuple(one for one in query.wanted if one != key))
        steps.append((query, typed))
    for tag, typed in reversed(taken.tags):
        query = replace(query, tags=tuple(one for one in query.tags if one != tag))
        steps.append((query, typed))
    for allergen, typed in reversed(taken.allergens):
        kept = tuple(one for one in query.allergen_free if one != allergen)
        query = replace(query, allergen_free=kept)
        steps.append((query, typed))
    others = [part for part in parts if part.is_known and part is not main]
    for part in sorted(others, key=lambda part: -part.products):
        left = part.beside(main)
        kept_parts = tuple(one for one in query.parts if one != left)
        query = replace(query, parts=kept_parts)
        steps.append((query, part.typed))
    return steps


def is_certain(query: SearchQuery) -> bool:
    """One word that labels on sale are known to carry, and nothing else that has to hold: of a phrase each
    word may stand on a label, and no label has them together.
    """
    narrowed = query.wanted or query.tags or query.allergen_free
    plain = len(query.parts) == 1 and not narrowed
    return plain and any(one.heads and len(one.words) == 1 for one in query.parts[0])
