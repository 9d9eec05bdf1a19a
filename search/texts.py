"""A text taken apart: its quantities, diets and words, without the words that only carry it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from catalog.choices import Allergen
from search.lexicon import (
    ALLERGENS,
    CARRYING,
    DAIRY_FREE,
    DIETS,
    FREE,
    MAX_PHRASE,
    RECIPE,
    RECIPES,
    WITHOUT,
    starts_with,
)
from search.quantities import UNITS, Quantities, read_quantities
from search.words import displayed, tokens

MAX_WORDS = 8


@dataclass(kw_only=True)
class QueryText:
    """What was typed, in parts. Tags and allergens each with the words that asked for them."""

    text: str
    quantities: Quantities
    words: tuple[str, ...] = ()
    tags: list[tuple[str, str]] = field(default_factory=list)
    allergens: list[tuple[str, str]] = field(default_factory=list)

    @property
    def asks_for_recipe(self) -> bool:
        """Whether it asks for what a dish takes: its first word is `RECIPE` then."""
        return len(self.words) > 1 and self.words[0] == RECIPE

    def of_dish(self) -> QueryText:
        """The same without asking what it takes."""
        return replace(self, words=self.words[1:])


def take_apart(text: str, said: list[str]) -> QueryText:
    """The parts of a text that was cut into tokens; the first eight words count."""
    taken = QueryText(text=text, quantities=read_quantities(said))
    words = _without_carrying(taken.quantities)
    left: list[str] = []
    at = 0
    while at < len(words):
        length = _diet(taken, words[at:])
        if not length:
            left.append(words[at])
        at += length or 1
    taken.words = tuple(left[:MAX_WORDS])
    if left:
        # Without lactose is a diet; who asks for a thing without dairy wants no milk in it at all.
        dairy = [typed for _tag, typed in taken.tags if tuple(tokens(typed)) == DAIRY_FREE]
        taken.allergens += [(Allergen.MILK, typed) for typed in dairy]
    return taken


def as_typed(text: str, piece: str) -> str:
    """A piece of a text as it was typed, where it stands there between blanks."""
    typed, wanted = text.split(), tokens(piece)
    for length in range(1, len(wanted) + 1):
        for at in range(len(typed) - length + 1):
            said = " ".join(typed[at : at + length])
            if tokens(said) == wanted:
                return said
    return piece


def _without_carrying(quantities: Quantities) -> tuple[str, ...]:
    words, at = quantities.rest, 0
    kept: list[str] = []
    while at < len(words):
        if length := _diet_at(words[at:]):
            kept += words[at : at + length]
            at += length
        elif length := starts_with(words[at:], RECIPES):
            kept += [] if RECIPE in kept else [RECIPE]
            at += length
        elif length := starts_with(words[at:], CARRYING):
            at += length
        elif words[at] in UNITS and len(words[at]) > 1:
            at += 1  # a unit without a number
        else:
            kept.append(words[at])
            at += 1
    numbers = quantities.sizes or quantities.percents or quantities.numbers
    return tuple(kept) if kept or numbers else words


def _diet(taken: QueryText, words: tuple[str, ...]) -> int:
    """How many words at the beginning are a diet or an allergen to be without."""
    for length in range(min(MAX_PHRASE, len(words)), 0, -1):
        said = words[:length]
        typed = " ".join(map(displayed, said))
        if tag := DIETS.get(said):
            taken.tags.append((tag, typed))
            return length
        without = starts_with(said, WITHOUT)
        thing = said[without:] if without else said[:-1] if said[-1] == FREE else ()
        if thing and (allergen := ALLERGENS.get(thing)):
            taken.allergens.append((allergen, typed))
            return length
    return 0


def _diet_at(words: tuple[str, ...]) -> int:
    lengths = range(1, MAX_PHRASE + 1)
    return max((length for length in lengths if words[:length] in DIETS), default=0)
