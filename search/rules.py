"""The rules in force: which texts they speak of, and how a text is compared with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import product

from catalog.process_cache import Memory
from search import sql
from search.lexicon import RECIPE, RECIPES, starts_with
from search.models import RuleKind
from search.words import (
    BEGINNING,
    REMEMBERED,
    bare,
    edits,
    inflected,
    is_hebrew,
    is_latin,
    sounds,
    tokens,
)

MAX_WORDS = 4
TWICE = re.compile(r"(.)\1+")
OTHER_VOWELS = {"ו", "י"}  # written or not a vowel is one word, another vowel another
LONG_NAME = 6
_last: dict[str, tuple[str, Rules]] = {}


@dataclass(frozen=True, kw_only=True)
class RuleInForce:
    """A rule as it is asked: `texts` are the words of each of its texts, normalised."""

    pk: int
    kind: str
    texts: tuple[tuple[str, ...], ...]
    replacement: str = ""
    category_ids: tuple[int, ...] = ()

    def like(self, said: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
        """Those of its texts that have the stems of `said`: singular and plural of one thing."""
        stems = tuple(map(stem, said))
        return tuple(text for text in self.texts if tuple(map(stem, text)) == stems)

    def spelt_like(self, said: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
        """Those of its texts that sound as the one Hebrew word `said`: another spelling of it."""
        if len(said) > 1 or not is_hebrew(said[0]):
            return ()
        heard = _heard(said[0])
        others = (text for text in self.texts if len(text) == 1 and text != said)
        return tuple(text for text in others if is_hebrew(text[0]) and _heard(text[0]) == heard)


@dataclass(frozen=True)
class Rules:
    """All active rules, by the words of their texts and by the stems of these."""

    by_text: dict[tuple[str, ...], RuleInForce] = field(default_factory=dict)
    by_stems: dict[tuple[str, ...], RuleInForce] = field(default_factory=dict)
    phrases: frozenset[tuple[str, ...]] = frozenset()
    by_sound: dict[str, str] = field(default_factory=dict)

    @cached_property
    def _begin_phrases(self) -> frozenset[str]:
        return frozenset(phrase[0] for phrase in self.phrases)

    def sounding(self, word: str) -> str:
        """The one-word text of a rule that sounds like `word` and is one edit away, or ""."""
        text = self.by_sound.get(_heard(word), "") if len(word) >= BEGINNING else ""
        if not text or text == word or edits(text, word) > 1:
            return ""
        other_vowel = len(text) == len(word) and any(
            {one, other} == OTHER_VOWELS for one, other in zip(text, word, strict=True)
        )
        return "" if other_vowel else text

    @cached_property
    def _long_texts(self) -> dict[str, list[str]]:
        """The long texts of one word by their first letter."""
        found: dict[str, list[str]] = {}
        for text in self.by_text:
            if len(text) == 1 and len(text[0]) >= LONG_NAME:
                found.setdefault(text[0][0], []).append(text[0])
        return found

    def near(self, word: str) -> str:
        """The long one-word text of a rule from which `word` is one slip of the finger away, or ""."""
        if len(word) < LONG_NAME:
            return ""
        texts = self._long_texts.get(word[0], [])
        close = (text for text in texts if abs(len(text) - len(word)) <= 1)
        return next((text for text in close if edits(text, word) == 1), "")

    def is_guide(self, words: tuple[str, ...]) -> bool:
        """Whether the words are a text of a GUIDE, and nothing else."""
        found = self.at(words) if words else None
        return found is not None and found[0] == len(words) and found[1].kind == RuleKind.GUIDE

    def at(self, words: tuple[str, ...]) -> tuple[int, RuleInForce, bool] | None:
        """The rule of the longest text at the beginning of `words`: its length, the rule, and
        whether it stands there as written (else inflected or behind a prefix letter).
        """
        for length in range(min(MAX_WORDS, len(words)), 0, -1):
            said = words[:length]
            if rule := self.by_text.get(said):
                return length, rule, True
            if rule := self.by_stems.get(tuple(map(stem, said))):
                return length, rule, False
            if rule := self._behind_prefixes(said):
                return length, rule, False
        return None

    def is_not_sold(self, word: str) -> bool:
        """Whether the word alone is something we do not sell: the ice of ice cream."""
        rule = self.by_text.get((word,))
        return rule is not None and rule.kind == RuleKind.NOT_SOLD

    def phrase_at(self, words: tuple[str, ...]) -> int:
        """How many words the longest PHRASE at the beginning of `words` has; 0 for none."""
        return len(self.phrase_of(words))

    def phrase_of(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """The words of the longest PHRASE at the beginning of `words`, without prefix letters."""
        if not any(stem(word) in self._begin_phrases for word in (words[0], *bare(words[0]))):
            return ()
        for length in range(min(MAX_WORDS, len(words)), 1, -1):
            for said in (words[:length], *_without_prefixes(words[:length])):
                if tuple(map(stem, said)) in self.phrases:
                    return said
        return ()

    def _behind_prefixes(self, said: tuple[str, ...]) -> RuleInForce | None:
        """The rule of the words without prefix letters: of the white cheese (מהגבינה הלבנה)."""
        for plain in _without_prefixes(said):
            if rule := self.by_text.get(plain):
                return rule
        return None


def _without_prefixes(said: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The words with one to three prefix letters of the first, and one of each other, taken off."""
    parts = [[part for part in bare(word) if len(part) >= 3] for word in said]
    if not any(parts):
        return
    others = [(word, *found[:1]) for word, found in zip(said[1:], parts[1:], strict=True)]
    first = (said[0], *parts[0]) if len(said) > 1 else parts[0]
    for plain in product(first, *others):
        if plain != said:
            yield plain


@lru_cache(maxsize=REMEMBERED)
def stem(word: str) -> str:
    """What the forms of a word have in common, for comparing texts with rules."""
    forms = inflected(word)
    if is_hebrew(word):
        return min(forms, key=lambda form: (len(form), form)) if len(word) > 3 else word
    return min((form for form in forms if word.startswith(form)), key=len, default=word)


def phrase_token(words: tuple[str, ...]) -> str:
    """One word that stands for a PHRASE in documents and queries."""
    return "_".join(map(stem, words))


def rules_in_force(memory: Memory) -> Rules:
    """The active rules; read once for each version of the catalogue. One query."""
    return memory.get(("search rules",), read_rules)


def rules_by_key(key: str = "") -> tuple[str, Rules]:
    """The active rules with the key by which `sql.RULES_KEY` tells them apart; without one, those that
    were last in force. One or two queries where they are others.
    """
    last = _last.get("rules")
    if last is None or key not in {"", last[0]}:
        key = key or sql.rules_key()  # before the rules: of newer ones the key is seen to be old
        last = _last["rules"] = (key, read_rules())
    return last


def read_rules() -> Rules:
    """The active rules. One query."""
    by_text: dict[tuple[str, ...], RuleInForce] = {}
    by_stems: dict[tuple[str, ...], RuleInForce] = {}
    phrases = set()
    for row in sql.active_rules():
        texts = tuple(split for text in row.texts if (split := split_text(text)))
        rule = RuleInForce(
            pk=row.pk,
            kind=row.kind,
            texts=texts,
            replacement=row.replacement,
            category_ids=tuple(row.category_ids),
        )
        for text in texts:
            if rule.kind == RuleKind.PHRASE:
                phrases.add(tuple(map(stem, text)))
                continue
            by_text.setdefault(text, rule)
            by_stems.setdefault(tuple(map(stem, text)), rule)
    by_sound = {_heard(text[0]): text[0] for text in by_text if len(text) == 1 and text[0]}
    return Rules(by_text, by_stems, frozenset(phrases), by_sound)


def _heard(word: str) -> str:
    """The word as it sounds; of Latin ones a doubled letter is heard once, and in Hebrew a name from abroad
    has its vowel written or not: פאנטה and פנטה.
    """
    if is_latin(word):
        return TWICE.sub(r"\1", word)
    heard = sounds(word)
    return heard[:1] + heard[1:].replace("א", "")


def split_text(text: str) -> tuple[str, ...]:
    """The words of a rule's text, as they are compared; one word for all that asks what a dish takes."""
    words = tuple(tokens(text))
    asks = starts_with(words, RECIPES)
    return (RECIPE, *words[asks:]) if 0 < asks < len(words) else words


def key_of(text: str) -> str:
    """Two texts with one key are the same text."""
    return " ".join(tokens(text))
