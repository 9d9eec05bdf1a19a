"""From what somebody typed to what an engine is asked: once, in Python, for every engine.

The order of steps: codes, quantities, carrying words, diets, rules, words that labels know, the other
keyboard, corrections, and at last what has to be left out so that something is found.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from catalog.search_port import Alternative, SearchQuery, SearchStatus
from core.text import sought
from search import codes, places
from search.labels import head_of, number_key, percent_key, place_key, units_of
from search.loosening import is_certain, steps
from search.models import RuleKind
from search.parts import (
    QueryPart,
    is_exact,
    main_of,
    named_so,
)
from search.quantities import TOO_COMMON
from search.reading import CLOSING, Reading
from search.rules import RuleInForce
from search.spacing import put_together, splits
from search.texts import QueryText, as_typed, take_apart
from search.vocabulary import Vocabulary, corrections, vocabulary_of
from search.words import BEGINNING, displayed, edits, is_word, other_keyboard, tokens

MAX_TOKENS, MAX_WORDS, MAX_TRIES = 24, 8, 5


class Understanding(Reading):
    """One reading of one text, with the memory of its request."""

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
        if taken.asks_for_recipe:
            guide = self._closed(taken)
            if guide is not None and guide.status == SearchStatus.GUIDE:
                return guide
            taken = taken.of_dish()
        if not self.typing:
            taken.words = self._uncounted(taken.words)
            vocabulary = self._vocabulary(taken.words)
            taken.words = put_together(taken.words, vocabulary, self.rules, self._together)
        return self._closed(taken) or self._as_it_sounds(taken) or self._understood(taken)

    def _uncounted(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """Without a number in words that names begin with too, where no label has that name: two loaves."""
        if len(words) < 2 or words[0] not in TOO_COMMON or self._together(words[:2]):
            return words
        return words[1:]

    def _together(self, words: tuple[str, ...]) -> bool:
        """Whether a label has all of the words, each in some form. One query, none for unknown ones."""
        known = self._vocabulary(words)
        parts = tuple((Alternative(words=(known.forms(word),)),) for word in words)
        said = all(one[0].words[0] for one in parts)
        return said and self.exists(SearchQuery(text="", parts=parts))

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
        rest = words[:at] + words[at + length :]
        if rule.kind == RuleKind.GUIDE and rest and not self.rules.is_guide(rest):
            return None
        whose = as_written and said[0].startswith("ל") and (said[0][1:],) in rule.texts
        if rule.kind == RuleKind.NOT_SOLD and not whose:  # whatever it is, it is for a dog
            about = head_of(units_of(words, self.rules))
            if about is None or not set(about.words) & set(said):
                return None
        return length, rule, said

    def _as_it_sounds(self, taken: QueryText) -> SearchQuery | None:
        """The answer of a rule for an unknown word that only sounds like its text."""
        vocabulary = self._vocabulary(taken.words)
        said = [
            word
            if vocabulary.knows(word) or (word,) in self.rules.by_text
            else self.rules.sounding(word) or self._slipped(word) or word
            for word in taken.words
        ]
        if tuple(said) == taken.words:
            return None
        return self._closed(replace(taken, words=tuple(said)))

    def _slipped(self, word: str) -> str:
        """The long text of a rule that is one slip away, where no word of labels is meant; else ""."""
        text = self.rules.near(word)
        nearest = corrections(word)[:1] if text else []
        return "" if nearest and edits(word, nearest[0]) <= 1 else text

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
            better = self._correction(part, others, taken.words)
            if better is None:
                continue
            meant, known = better
            vocabulary.known.update(known.known)
            new = self._parts(meant, known)[0]
            parts[number] = new
            if part is main:
                main = new
            at = taken.words.index(part.unit.words[0])
            taken.words = (*taken.words[:at], *meant, *taken.words[at + 1 :])
            changed = True
        if main is not None and not main.is_known:
            return None, vocabulary
        if changed and len(taken.words) > 1:  # two words that now say one thing
            vocabulary = self._vocabulary(taken.words)
            parts[:] = self._parts(taken.words, vocabulary)
        words = " ".join(part.typed for part in parts) if changed else ""
        return words, vocabulary

    def _correction(
        self, part: QueryPart, others: list[tuple[Alternative, ...]], said: tuple[str, ...]
    ) -> tuple[tuple[str, ...], Vocabulary] | None:
        unknown = part.unit.words[0]
        for word in corrections(unknown, alone=not others)[:MAX_TRIES]:
            alternative = Alternative(words=((word,),))
            told = not others or self._is_phrase(unknown, word, said)
            if told or self.exists(SearchQuery(text="", parts=(*others, (alternative,)))):
                return (word,), vocabulary_of(self._asked_words((word,)))
        word = self.rules.sounding(unknown)
        if word and self.rules.by_text[word,].kind == RuleKind.SAME:
            known = vocabulary_of(self._asked_words((word,)))
            meant = self._parts((word,), known)[0].alternatives
            if meant and self.exists(SearchQuery(text="", parts=(*others, meant))):
                return (word,), known
        return self._apart(unknown, others)

    def _is_phrase(self, unknown: str, word: str, said: tuple[str, ...]) -> bool:
        """Whether `word` in the place of the unknown one makes a PHRASE that labels are about."""
        words = tuple(word if one == unknown else one for one in said)
        units = [unit for unit in units_of(words, self.rules) if len(unit.words) > 1]
        if not any(word in unit.words for unit in units):
            return False
        known = self._vocabulary(words).known
        return any(word in unit.words and unit.token in known for unit in units)

    def _apart(
        self, word: str, others: list[tuple[Alternative, ...]]
    ) -> tuple[tuple[str, ...], Vocabulary] | None:
        """Two words that labels know, where they were written as one. One query, more where there are such."""
        pairs = splits(word)
        if not pairs or self.typing:
            return None
        known = vocabulary_of({one for pair in pairs for one in pair})
        for pair in pairs:
            two = tuple((Alternative(words=((one,),)),) for one in pair)
            if is_exact(pair, known) and self.exists(SearchQuery(text="", parts=(*others, *two))):
                return pair, self._vocabulary(pair)
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
        named, wholes = places.named(_shelf_of(taken.words, vocabulary), self.memory)
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
        whole = len(query.parts)
        for less, said in steps(taken, parts, query):
            if is_certain(less) or self.exists(less):
                narrow = bool(left_out) or len(less.parts) < whole
                told = self._of_shelf(parts, self._about(parts, less)) if narrow else less
                return self._with_sizes(taken, parts, told, [*left_out, *said])
        return replace(query, status=SearchStatus.NOTHING, parts=(), tags=(), allergen_free=())

    def _of_shelf(self, parts: list[QueryPart], query: SearchQuery) -> SearchQuery:
        """Where nothing but the name of a shelf is left, that shelf: frozen fruit (פירות קפואים) is no muesli."""
        main = main_of(parts)
        if main is None or len(query.parts) > 1 or query.heads:
            return query
        named, wholes = places.named(main.unit.words, self.memory)
        return replace(query, asked_categories=named, whole_places=wholes)

    def _about(self, parts: list[QueryPart], query: SearchQuery) -> SearchQuery:
        """Where words were left out, only what is about the thing: coarse salt (מלח גס) is salt, and no
        cucumbers in salt. One query.
        """
        main = main_of(parts)
        if main is None or not main.is_about:
            return query
        heads = tuple(sorted({form for one in main.alternatives for form in one.heads}))
        narrower = replace(query, heads=heads)
        return narrower if self.exists(narrower) else query

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


def _shelf_of(words: tuple[str, ...], vocabulary: Vocabulary) -> tuple[str, ...]:
    """The words that may name a shelf: vegetables for soup are vegetables."""
    purposes = [
        word for word in words[1:] if word.startswith("ל") and not vocabulary.whole_forms(word)
    ]
    return words[:1] if words and len(purposes) == len(words) - 1 else words
