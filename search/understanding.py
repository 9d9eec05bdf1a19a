"""From what somebody typed to what an engine is asked: once, in Python, for every engine.

The order of steps: codes, quantities, carrying words, diets, rules, words that labels know, the other
keyboard, corrections, and at last what has to be left out so that something is found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

from catalog.process_cache import Memory
from catalog.search_port import Alternative, SearchQuery, SearchStatus
from core.text import sought
from search import codes, places
from search.labels import Unit, head_of, number_key, percent_key, place_key, units_of
from search.loosening import is_certain, steps
from search.models import RuleKind
from search.parts import (
    QueryPart,
    alternative_of,
    is_about,
    is_exact,
    main_of,
    named_so,
    part_of,
    products_of,
    spells,
    told_by_labels,
    typed_heads,
)
from search.rules import RuleInForce, Rules, rules_in_force
from search.texts import QueryText, as_typed, take_apart
from search.vocabulary import Vocabulary, corrections, vocabulary_of
from search.words import BEGINNING, displayed, is_word, other_keyboard, tokens

MAX_TOKENS, MAX_WORDS, MAX_TRIES = 24, 8, 5
SPACES = re.compile(r"\s+")
Exists = Callable[[SearchQuery], bool]
CLOSING = {RuleKind.NOT_SOLD, RuleKind.INSTEAD, RuleKind.GUIDE}


class Understanding:
    """One reading of one text, with the memory of its request."""

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

    def read(self, text: str) -> SearchQuery | None:
        """What `text` means, None for punctuation and blanks alone."""
        text = sought(text)
        if not text:
            return None
        if (found := codes.find(text)) is not None:
            return found
        said = tokens(text)[:MAX_TOKENS]
        if not said:
            symbol = any(unicodedata.category(letter)[0] in "SMC" for letter in text)
            return SearchQuery(text=text, status=SearchStatus.NOTHING) if symbol else None
        taken = take_apart(text, said)
        if not (taken.words or taken.tags or taken.allergens or taken.quantities.any):
            return SearchQuery(text=text, status=SearchStatus.NOTHING)
        if self.as_typed:
            return self._understood(taken)
        return self._closed(taken) or self._as_it_sounds(taken) or self._understood(taken)

    # -- Rules that close a text ----------------------------------------------------------------
    def _closed(self, taken: QueryText) -> SearchQuery | None:
        """The answer of the longest rule that is no synonym, unless a label says just that."""
        best: tuple[int, RuleInForce, tuple[str, ...]] | None = None
        beside: tuple[str, ...] = ()
        vocabulary = self._vocabulary(taken.words)
        at = 0
        while at < len(taken.words):
            found = self._closing_at(taken.words, at, vocabulary)
            if found is not None and (best is None or found[0] > best[0]):
                best = found
                beside = taken.words[:at] + taken.words[at + found[0] :]
            at += found[0] if found else max(1, self.rules.phrase_at(taken.words[at:]))
        if best is None:
            return None
        if best[1].kind != RuleKind.GUIDE and self._is_sold(best[2], best[1], vocabulary):
            return None  # a shop that begins to sell it needs no change of rules
        if best[1].kind == RuleKind.INSTEAD:
            return self._instead(taken, best[1], beside, vocabulary)
        return self._by_rule(taken, best[1])

    def _closing_at(
        self, words: tuple[str, ...], at: int, vocabulary: Vocabulary
    ) -> tuple[int, RuleInForce, tuple[str, ...]] | None:
        """The rule at this word that answers the whole text. A GUIDE is all of it; what is not sold
        is what the text is about.
        """
        found = self.rules.at(words[at:])
        if found is None or found[1].kind not in CLOSING:
            return None
        length, rule, as_written = found
        said = words[at : at + length]
        if length < self.rules.phrase_at(words[at:]):
            return None
        if not as_written and length == 1 and vocabulary.whole_forms(said[0]):
            return None  # a tortilla is no bar that only has its stem
        if rule.kind == RuleKind.GUIDE and length < len(words):
            return None
        if rule.kind == RuleKind.NOT_SOLD:
            about = head_of(units_of(words, self.rules))
            if about is None or not set(about.words) & set(said):
                return None
        return length, rule, said

    def _as_it_sounds(self, taken: QueryText) -> SearchQuery | None:
        """The answer of a rule for an unknown word that only sounds like its text."""
        said = [self.rules.sounding(word) or word for word in taken.words]
        if tuple(said) == taken.words:
            return None
        vocabulary = self._vocabulary(taken.words)
        if any(
            vocabulary.knows(word)
            for word, other in zip(taken.words, said, strict=True)
            if word != other
        ):
            return None
        return self._closed(replace(taken, words=tuple(said)))

    def _is_sold(self, said: tuple[str, ...], rule: RuleInForce, vocabulary: Vocabulary) -> bool:
        """Whether a label carries all words of the text as they were typed, or is about what the rule names
        so: melons are sold where a label says melon and the rule names both.
        """
        texts = [text for text in (said, *rule.like(said)) if is_exact(text, vocabulary)]
        return any(
            self.exists(
                SearchQuery(text="", parts=tuple((Alternative(words=((one,),)),) for one in text))
            )
            for text in dict.fromkeys(texts)
            if text == said or any(vocabulary.known[word].heads for word in text)
        )

    def _by_rule(self, taken: QueryText, rule: RuleInForce) -> SearchQuery:
        if rule.kind == RuleKind.NOT_SOLD:
            return SearchQuery(
                text=taken.text, status=SearchStatus.NOT_SOLD, departments=rule.category_ids
            )
        there = places.below(rule.category_ids, self.memory)
        return SearchQuery(
            text=taken.text, status=SearchStatus.GUIDE, departments=rule.category_ids,
            asked_categories=there, whole_places=there,
        )  # fmt: skip

    def _instead(
        self, taken: QueryText, rule: RuleInForce, beside: tuple[str, ...], vocabulary: Vocabulary
    ) -> SearchQuery:
        """What is like a thing we do not carry, of the size and kind asked for: a brand's orange juice."""
        shown = take_apart(taken.text, tokens(rule.replacement))
        known = tuple(filter(vocabulary.knows, beside))
        shown.quantities = taken.quantities if taken.quantities.any else shown.quantities
        shown.tags, shown.allergens = shown.tags + taken.tags, shown.allergens + taken.allergens
        shown.words = (*shown.words, *known)[:MAX_WORDS]
        found = self._understood(shown)
        if found.is_empty:
            return found
        left = {token for piece in found.left_out for token in tokens(piece)}
        text = " ".join((rule.replacement, *(displayed(one) for one in known if one not in left)))
        return replace(found, status=SearchStatus.INSTEAD, shown_for=text, left_out=())

    # -- Words ----------------------------------------------------------------------------------
    def _understood(self, taken: QueryText) -> SearchQuery:
        vocabulary = self._vocabulary(taken.words)
        parts = self._parts(taken.words, vocabulary)
        shown_for = ""
        if parts and not any(part.is_known for part in parts) and not self.as_typed:
            parts, vocabulary, shown_for = self._retyped(taken, parts, vocabulary)
        query = self._query(taken, parts, vocabulary)
        if parts and not self.as_typed:
            corrected, vocabulary = self._corrected(taken, parts, vocabulary, query)
            if corrected is None:
                return replace(query, status=SearchStatus.NOTHING, parts=())
            shown_for = corrected or shown_for
            query = self._query(taken, parts, vocabulary)
        status = SearchStatus.CORRECTED if shown_for else SearchStatus.FOUND
        query = replace(query, status=status, shown_for=shown_for)
        return self._loosened(taken, parts, query)

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
        tokens_of = {unit.token for text in texts for unit in units_of(text, self.rules)}
        return tokens_of.union(*texts)

    def _parts(self, words: tuple[str, ...], vocabulary: Vocabulary) -> list[QueryPart]:
        parts: list[QueryPart] = []
        at = 0
        while at < len(words):
            found = None if self.as_typed else self._same_at(words[at:], vocabulary)
            if found is not None:
                length, part = found
                parts.append(part)
                at += length
                continue
            unit = units_of(words[at:], self.rules)[0]
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
        texts = [text for text in dict.fromkeys([*own, *rule.texts]) if is_exact(text, vocabulary)]
        alternatives = [
            alternative
            for text in texts or [said]
            if (alternative := alternative_of(units_of(text, self.rules), vocabulary))
        ]
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
        )

    def _retyped(
        self, taken: QueryText, parts: list[QueryPart], vocabulary: Vocabulary
    ) -> tuple[list[QueryPart], Vocabulary, str]:
        """The same keys on the other keyboard, where labels know all that comes of it."""
        words = tuple(token for token in tokens(other_keyboard(taken.text)) if is_word(token))
        if not words or words == taken.words:
            return parts, vocabulary, ""
        known = self._vocabulary(words)
        retyped = self._parts(words, known)
        if not all(part.is_known for part in retyped):
            return parts, vocabulary, ""
        taken.words = words
        return retyped, known, " ".join(map(displayed, words))

    # -- Corrections and what is left out -------------------------------------------------------
    def _corrected(
        self, taken: QueryText, parts: list[QueryPart], vocabulary: Vocabulary, query: SearchQuery
    ) -> tuple[str | None, Vocabulary]:
        """The text in words that labels know ("" where nothing had to change), None where its main
        word cannot be told.
        """
        changed = False
        main = main_of(parts)
        for number, part in enumerate(parts):
            if (
                part.is_known
                or part.unit.is_without
                or len(part.unit.words) > 1
                or part.unit.words in self.rules.by_text  # doughnuts are no sponges
                or (self.typing and len(part.typed) < BEGINNING)
            ):
                continue
            others = [one.alternatives for one in parts if one.is_known and one is not part]
            better = self._correction(part, others)
            if better is None:
                continue
            word, known = better
            vocabulary.known.update(known.known)
            new = self._parts((word,), known)[0]
            parts[number] = new
            if part is main:
                main = new
            taken.words = tuple(word if one == part.unit.words[0] else one for one in taken.words)
            changed = True
        if main is not None and not main.is_known:
            return None, vocabulary
        words = " ".join(part.typed for part in parts) if changed else ""
        return words, vocabulary

    def _correction(
        self, part: QueryPart, others: list[tuple[Alternative, ...]]
    ) -> tuple[str, Vocabulary] | None:
        unknown = part.unit.words[0]
        for word in corrections(unknown)[:MAX_TRIES]:
            alternative = Alternative(words=((word,),))
            if not others or self.exists(SearchQuery(text="", parts=(*others, (alternative,)))):
                return word, vocabulary_of(self._asked_words((word,)))
        word = self.rules.sounding(unknown)
        if word and self.rules.by_text[word,].kind == RuleKind.SAME:
            known = vocabulary_of(self._asked_words((word,)))
            meant = self._parts((word,), known)[0].alternatives
            if meant and self.exists(SearchQuery(text="", parts=(*others, meant))):
                return word, known
        return None

    def _query(
        self, taken: QueryText, parts: list[QueryPart], vocabulary: Vocabulary
    ) -> SearchQuery:
        quantities = taken.quantities
        known = [part for part in parts if part.alternatives]
        head = main_of(parts)
        sizes = tuple(size.key for size in quantities.sizes)
        percents = tuple(map(percent_key, quantities.percents))
        numbers = tuple(map(number_key, quantities.numbers))
        wanted = percents if parts else (*sizes, *percents, *(() if sizes or percents else numbers))
        named, wholes = places.named(taken.words, self.memory)
        return SearchQuery(
            text=taken.text,
            sizes=tuple((size.amount, size.unit) for size in quantities.sizes),
            percents=quantities.percents,
            tags=tuple(tag for tag, _typed in taken.tags),
            allergen_free=tuple(allergen for allergen, _typed in taken.allergens),
            parts=tuple(part.beside(head) for part in known),
            wanted=wanted,
            preferred=(*sizes, *percents, *numbers, *map(place_key, quantities.places)),
            named=None if parts else named_so(taken.tags, self.rules),
            asked_categories=named,
            whole_places=wholes,
            majority=vocabulary.majority(head.about if head else ()),
        )

    def _loosened(
        self, taken: QueryText, parts: list[QueryPart], query: SearchQuery
    ) -> SearchQuery:
        """The query, with as little left out as finds something."""
        left_out = [part.typed for part in parts if not part.is_known]
        if self.as_typed or self.typing:
            found = not left_out and self.exists(query)
            return query if found else replace(query, status=SearchStatus.NOTHING)
        described = [part for part in parts if not part.is_known and len(part.typed) >= BEGINNING]
        if described and query.parts:
            asked = [
                (Alternative(words=(part.unit.words[:1],), described=True),) for part in described
            ]
            wider = replace(query, parts=(*query.parts, *asked))
            if len(described) == len(left_out) and self.exists(wider):
                return wider
        for step in steps(taken, parts, query):
            query, said = step
            left_out += [said] if said else []
            if is_certain(query) or self.exists(query):
                return self._with_sizes(taken, parts, query, left_out)
        return replace(query, status=SearchStatus.NOTHING, parts=(), tags=(), allergen_free=())

    def _with_sizes(
        self, taken: QueryText, parts: list[QueryPart], query: SearchQuery, left_out: list[str]
    ) -> SearchQuery:
        """Sizes that nothing of it has are left out aloud, numbers silently."""
        if parts:
            for size in taken.quantities.sizes:
                if not self.exists(replace(query, wanted=(*query.wanted, size.key))):
                    left_out.append(size.typed)
                    query = replace(
                        query, preferred=tuple(one for one in query.preferred if one != size.key)
                    )
        status = query.status
        if left_out and status == SearchStatus.FOUND:
            status = SearchStatus.LOOSENED
        pieces = tuple(as_typed(taken.text, piece) for piece in left_out)
        return replace(query, status=status, left_out=pieces)
