"""The parts of a text on their way to what an engine is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace

from catalog.search_port import Alternative
from search.labels import Unit, head_of, units_of
from search.lexicon import (
    ENGLISH_CARRIERS,
    ENGLISH_FORMS,
    ENGLISH_KINDS,
    HEBREW_CARRIERS,
    HEBREW_FORMS,
    HEBREW_KINDS,
    is_pack,
)
from search.rules import Rules
from search.vocabulary import Vocabulary
from search.words import (
    BEGINNING,
    displayed,
    inflected,
    is_arabic,
    is_hebrew,
    is_latin,
    is_spelt,
    tokens,
)

# By whether the text is Hebrew.
CARRIERS = {
    True: HEBREW_CARRIERS | HEBREW_KINDS,
    False: ENGLISH_CARRIERS | ENGLISH_KINDS,
}
FORMS = {True: HEBREW_FORMS, False: ENGLISH_FORMS}


@dataclass(kw_only=True)
class QueryPart:
    """A unit of the text on its way to alternatives."""

    unit: Unit
    typed: str
    alternatives: tuple[Alternative, ...] = ()
    products: int = 0
    is_known: bool = False
    about: tuple[str, ...] = ()  # the forms of its heads, synonyms included
    is_spelt: bool = False  # a Hebrew word in Latin letters, with its order of words
    is_about: bool = False  # whether labels are about the word as it was typed
    spellings: tuple[Alternative, ...] = ()  # as it was typed, and as it is spelt elsewhere

    def beside(self, main: QueryPart | None) -> tuple[Alternative, ...]:
        """Its alternatives beside what the text is about: orange juice is about juice, so that a label about
        oranges is not what was asked for.
        """
        if main is None or main is self or not (main.is_about or main.is_spelt):
            return self.alternatives
        return tuple(replace(one, heads=()) for one in self.alternatives)

    def speak_for_itself(self, vocabulary: Vocabulary) -> None:
        """Beside other words a thing that labels are about is meant as it was typed: green beans are no
        lentils, though both are legumes. Another spelling of it is the word itself.
        """
        if self.is_about:
            self.alternatives = self.spellings or self.alternatives[:1]
            self.products = products_of(self.alternatives[0], vocabulary)


def main_of(parts: list[QueryPart]) -> QueryPart | None:
    """What the text is about: its first Hebrew or Arabic word, those spelt in Latin letters too, else its
    last one; and behind a carrier or a pack that which it carries, where labels are about that: garlic powder
    is garlic before it is any powder. Behind what is but a shape, what is known: gel for hair.
    """
    named = [part for part in parts if not part.unit.is_without]
    hebrew = [part for part in named if is_hebrew(part.unit.words[0])]
    spelt = [part for part in named if part.is_spelt or is_arabic(part.unit.words[0])]
    told = hebrew or spelt or named[::-1]
    if not told:
        return None
    if len(told) == 1:
        return told[0]
    first, second = told[0].unit.token, told[1]
    carries = (first in CARRIERS[bool(hebrew)] or is_pack(first)) and second.is_about
    shapes = first in FORMS[bool(hebrew)] and second.is_known
    return second if carries or shapes else told[0]


def spells(
    said: tuple[str, ...], texts: tuple[tuple[str, ...], ...], vocabulary: Vocabulary
) -> bool:
    """Whether a text of a rule is another of its texts, in Hebrew, written in Latin letters."""
    word = said[0]
    if len(said) > 1 or not is_latin(word) or word in vocabulary.known:
        return False
    return any(len(text) == 1 and is_hebrew(text[0]) and is_spelt(word, text[0]) for text in texts)


def alternative_of(units: list[Unit], vocabulary: Vocabulary) -> Alternative | None:
    """One way to say it, None where a word of it stands on no label."""
    words = []
    for unit in units:
        forms = forms_of(unit, vocabulary)
        if not forms:
            return None
        words.append(forms)
    head = head_of(units)
    return Alternative(
        words=tuple(words), heads=forms_of(head, vocabulary) if head is not None else ()
    )


def part_of(unit: Unit, vocabulary: Vocabulary, *, begun: bool) -> QueryPart:
    """The part that a unit is which no rule knows. Of a word that is `begun` a few letters are enough."""
    word = unit.words[0]
    forms = forms_of(unit, vocabulary)
    is_plain = len(unit.words) == 1
    begun = begun and len(word) > 1  # one letter is only ever that whole word
    begins = is_plain and word in vocabulary.beginnings and (len(word) >= BEGINNING or begun)
    part = QueryPart(unit=unit, typed=" ".join(map(displayed, unit.words)))
    if forms or begins:
        part.alternatives = (
            Alternative(words=(forms,), heads=forms, beginnings=(word,) if begins else ()),
        )
        part.products, part.is_known, part.about = vocabulary.products(forms), True, forms
        part.is_about = is_about(part.alternatives[0], vocabulary)
    elif not is_plain and not unit.is_without:
        whole = alternative_of([Unit(token=word, words=(word,)) for word in unit.words], vocabulary)
        part.alternatives, part.is_known = (whole,) if whole else (), whole is not None
    return part


def forms_of(unit: Unit, vocabulary: Vocabulary) -> tuple[str, ...]:
    if unit.is_without or len(unit.words) > 1:
        return (unit.token,) if unit.token in vocabulary.known else ()
    return vocabulary.forms(unit.words[0])


def typed_heads(alternatives: list[Alternative]) -> list[Alternative]:
    """What labels are about under the very word that was typed comes before its synonyms."""
    return [alternatives[0], *(replace(one, heads=()) for one in alternatives[1:])]


def told_by_labels(alternatives: list[Alternative], vocabulary: Vocabulary) -> list[Alternative]:
    """The typed one, and of its synonyms those that labels are about, where there are such: a yam is no
    product of a brand that is called so.
    """
    about = [one for one in alternatives if is_about(one, vocabulary)]
    return [*alternatives[:1], *(one for one in alternatives[1:] if one in about or not about)]


def is_about(alternative: Alternative, vocabulary: Vocabulary) -> bool:
    """Whether labels are about a thing that is called so."""
    known = (vocabulary.known.get(form) for form in alternative.heads)
    return any(word.heads for word in known if word is not None)


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
