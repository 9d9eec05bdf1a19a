"""Words of a text as the parts that an engine is asked for: by the rules of synonyms, else by what labels know."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from catalog.process_cache import Memory
from catalog.search_port import SearchQuery
from search.labels import Unit, units_of
from search.models import RuleKind
from search.parts import (
    QueryPart,
    alternative_of,
    is_about,
    is_exact,
    part_of,
    products_of,
    spells,
    told_by_labels,
    typed_heads,
)
from search.rules import Rules, rules_in_force
from search.spacing import joined
from search.vocabulary import Vocabulary, vocabulary_of
from search.words import displayed

Exists = Callable[[SearchQuery], bool]
CLOSING = {RuleKind.NOT_SOLD, RuleKind.INSTEAD, RuleKind.GUIDE}


class Reading:
    """What the words of one text are known as, with the memory of its request."""

    def __init__(
        self, *, memory: Memory, exists: Exists, typing: bool = False, as_typed: bool = False
    ) -> None:
        self.memory, self.exists = memory, exists
        self.typing, self.as_typed = typing, as_typed
        self._known: dict[tuple[str, ...], Vocabulary] = {}

    @cached_property
    def rules(self) -> Rules:
        """Read once, and not at all where there is no text."""
        return rules_in_force(self.memory)

    def _vocabulary(self, words: tuple[str, ...]) -> Vocabulary:
        """What labels know of these words; asked once in a reading."""
        if words not in self._known:
            self._known[words] = (
                vocabulary_of(self._asked_words(words)) if words else Vocabulary({}, set())
            )
        return self._known[words]

    def _asked_words(self, words: tuple[str, ...]) -> set[str]:
        """The words, and those of the rules that may make them mean something else."""
        texts = [words]
        for at in range(len(words)):
            found = self.rules.at(words[at:])
            if found and found[1].kind == RuleKind.SAME:
                texts += found[1].texts
            elif found and found[1].kind in CLOSING:
                texts += found[1].like(words[at : at + found[0]])
        texts += [] if self.typing else [(one,) for one in joined(words)]
        tokens_of = {unit.token for text in texts for unit in units_of(text, self.rules)}
        return tokens_of.union(*texts)

    def _parts(self, words: tuple[str, ...], vocabulary: Vocabulary) -> list[QueryPart]:
        parts: list[QueryPart] = []
        at = 0
        while at < len(words):
            unit = units_of(words[at:], self.rules)[0]
            plain = self.as_typed or unit.is_without  # soap free is no soap
            found = None if plain else self._same_at(words[at:], vocabulary)
            if found is not None:
                length, part = found
                parts.append(part)
                at += length
                continue
            last = at + len(unit.words) == len(words)
            parts.append(part_of(unit, vocabulary, begun=self.typing and last))
            at += len(unit.words)
        if len(parts) > 1:
            for part in parts:
                part.speak_for_itself(vocabulary)
        return parts

    def _same_at(
        self, words: tuple[str, ...], vocabulary: Vocabulary
    ) -> tuple[int, QueryPart] | None:
        found = self.rules.at(words)
        if found is None or found[1].kind != RuleKind.SAME:
            return None
        length, rule, as_written = found
        said = words[:length]
        if length < self.rules.phrase_at(words):
            return None  # apple of the earth is no apple
        if not as_written and length == 1 and said[0] in vocabulary.known:
            return None  # another word that only has its stem
        own = (said, *rule.like(said))
        spelt = rule.spelt_like(said)
        both = dict.fromkeys([*own, *spelt, *rule.texts])
        texts = [text for text in both if is_exact(text, vocabulary)]
        alternatives = [
            alternative
            for text in texts or [said]
            if (alternative := alternative_of(units_of(text, self.rules), vocabulary))
        ]
        spellings = (
            *alternatives[:1],
            *alternatives[1 : 1 + sum(one in spelt for one in texts[1:])],
        )
        alternatives = told_by_labels(alternatives, vocabulary)
        if not alternatives:
            return None
        about = tuple(form for one in alternatives for form in one.heads)
        as_said = texts[:1] != [] and texts[0] in own and is_about(alternatives[0], vocabulary)
        alternatives = typed_heads(alternatives) if as_said else alternatives
        return length, QueryPart(
            unit=Unit(token="_".join(said), words=said),
            typed=" ".join(map(displayed, said)),
            alternatives=tuple(alternatives),
            products=max(products_of(one, vocabulary) for one in alternatives),
            is_known=True,
            is_about=as_said,
            about=about,
            is_spelt=spells(said, rule.texts, vocabulary),
            spellings=spellings if as_said else (),
        )
