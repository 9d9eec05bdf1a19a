"""The parts of a text on their way to what an engine is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace

from catalog.search_port import Alternative
from search.labels import Unit, units_of
from search.rules import Rules
from search.vocabulary import Vocabulary
from search.words import inflected, is_hebrew, tokens


@dataclass(kw_only=True)
class QueryPart:
    """A unit of the text on its way to alternatives."""

    unit: Unit
    typed: str
    alternatives: tuple[Alternative, ...] = ()
    products: int = 0
    is_known: bool = False
    about: tuple[str, ...] = ()  # the forms of its heads, synonyms included


def main_of(parts: list[QueryPart]) -> QueryPart | None:
    """What the text is about: its first Hebrew word, else its last one."""
    named = [part for part in parts if not part.unit.is_without]
    hebrew = [part for part in named if is_hebrew(part.unit.words[0])]
    return hebrew[0] if hebrew else named[-1] if named else None


def forms_of(unit: Unit, vocabulary: Vocabulary) -> tuple[str, ...]:
    if unit.is_without or len(unit.words) > 1:
        return (unit.token,) if unit.token in vocabulary.known else ()
    return vocabulary.forms(unit.words[0])


def typed_heads(alternatives: list[Alternative], vocabulary: Vocabulary) -> list[Alternative]:
    """Where labels are about the very word that was typed, those come before its synonyms."""
    typed = alternatives[0].heads
    if not any(vocabulary.known[form].heads for form in typed if form in vocabulary.known):
        return alternatives
    return [alternatives[0], *(replace(one, heads=()) for one in alternatives[1:])]


def named_so(tags: list[tuple[str, str]], rules: Rules) -> Alternative | None:
    """The words in which diets were asked for, as names carry them."""
    units = [unit for _tag, typed in tags for unit in units_of(tuple(tokens(typed)), rules)]
    if not units:
        return None
    return Alternative(words=tuple((unit.token, *inflected(unit.token)) for unit in units))


def is_exact(text: tuple[str, ...], vocabulary: Vocabulary) -> bool:
    """Whether labels know the words as they are: halva (חלבה) is not a form of milk (חלב)."""
    return all(word in vocabulary.known for word in text)


def products_of(alternative: Alternative, vocabulary: Vocabulary) -> int:
    return min((vocabulary.products(forms) for forms in alternative.words), default=0)
