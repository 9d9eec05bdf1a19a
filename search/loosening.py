"""What is left out of a text, one after the other, so that something is found."""

from __future__ import annotations

from dataclasses import replace

from catalog.search_port import SearchQuery
from search.labels import percent_key
from search.lexicon import is_pack
from search.parts import QueryPart, main_of
from search.texts import QueryText

MOST_ALONE = 3  # words that are left out alone before several are


def steps(
    taken: QueryText, parts: list[QueryPart], query: SearchQuery
) -> list[tuple[SearchQuery, tuple[str, ...]]]:
    """The query, then less and less of it; each with all that it leaves out. Of several words each is tried
    alone first: apple cider vinegar without the cider, before it is any vinegar.
    """
    left: tuple[str, ...] = ()
    steps = [(query, left)]
    if not query.parts and not query.asked_categories:
        return steps
    main = main_of(parts)
    quantities = taken.quantities
    said = list(zip(quantities.percents, quantities.percents_typed, strict=True)) if parts else []
    for percent, typed in reversed(said):
        key = percent_key(percent)
        query = replace(query, wanted=tuple(one for one in query.wanted if one != key))
        left = (*left, typed)
        steps.append((query, left))
    for tag, typed in reversed(taken.tags):
        query = replace(query, tags=tuple(one for one in query.tags if one != tag))
        left = (*left, typed)
        steps.append((query, left))
    for allergen, typed in reversed(taken.allergens):
        kept = tuple(one for one in query.allergen_free if one != allergen)
        query = replace(query, allergen_free=kept)
        left = tuple(dict.fromkeys((*left, typed)))
        steps.append((query, left))
    others = [part for part in parts if part.is_known and part is not main]
    others.sort(key=lambda part: (not is_pack(part.unit.token), -part.products))
    alone = [[part] for part in others[:MOST_ALONE]]
    several = [others[:number] for number in range(2, len(others) + 1)]
    return steps + [
        (_less(query, gone, main), (*left, *(part.typed for part in gone)))
        for gone in (*alone, *several)
    ]


def _less(query: SearchQuery, gone: list[QueryPart], main: QueryPart | None) -> SearchQuery:
    without = [part.beside(main) for part in gone]
    return replace(query, parts=tuple(one for one in query.parts if one not in without))


def is_certain(query: SearchQuery) -> bool:
    """One word that labels on sale are known to carry, and nothing else that has to hold: of a phrase each
    word may stand on a label, and no label has them together.
    """
    narrowed = query.wanted or query.tags or query.allergen_free
    plain = len(query.parts) == 1 and not narrowed
    return plain and any(one.heads and len(one.words) == 1 for one in query.parts[0])
