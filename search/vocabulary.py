"""What the labels of the shop know of some words, and which of them is meant by an unknown one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from search import sql
from search.words import (
    BEGINNING,
    REMEMBERED,
    bare,
    edits,
    inflected,
    is_hebrew,
    is_latin,
    is_one_sound_off,
    prefixed,
    sounds,
)

MAX_CANDIDATES = 400
SHORT, LONG, LONG_LATIN, MOST_EDITS = 4, 7, 6, 2


@dataclass(frozen=True, kw_only=True)
class KnownWord:
    """A word of labels: on how many products it stands, in how many it is the head, and the
    category in which it is most often that.
    """

    products: int
    heads: int
    category_id: int | None


class Vocabulary:
    """The known words among some, and those that are the beginning of a known one."""

    def __init__(self, known: dict[str, KnownWord], beginnings: set[str]) -> None:
        self.known, self.beginnings = known, beginnings

    def forms(self, word: str) -> tuple[str, ...]:
        """The known forms of the word; without prefix letters only where it is unknown with them, and the
        rest is known as it stands or is long: in "champagne" (שמפניה) is no penne (פנה).
        """
        whole = [form for form in inflected(word) if form in self.known]
        if whole:
            return (*whole, *self._behind_and(word, whole), *self._behind_prefix(word))
        for part in bare(word):
            found = [form for form in inflected(part) if form in self.known]
            is_long = len(part) >= BEGINNING and len(word) - len(part) == 1
            if part in found or (is_long and any(self.known[form].heads for form in found)):
                return (*found, *self._behind_prefix(word))
        return tuple(self._behind_prefix(word))

    def whole_forms(self, word: str) -> tuple[str, ...]:
        """The known forms of the word as it stands, prefix letters included."""
        return tuple(form for form in inflected(word) if form in self.known)

    def knows(self, word: str) -> bool:
        return bool(self.forms(word)) or (len(word) >= BEGINNING and word in self.beginnings)

    def products(self, forms: Iterable[str]) -> int:
        """On how many labels the words stand, at most."""
        return sum(self.known[form].products for form in forms if form in self.known)

    def majority(self, forms: Iterable[str]) -> int | None:
        """The category in which these words are most often what a label is about."""
        counts: dict[int, int] = {}
        for word in (self.known[form] for form in dict.fromkeys(forms) if form in self.known):
            if word.category_id is not None and word.heads:
                counts[word.category_id] = counts.get(word.category_id, 0) + word.heads
        return min(counts, key=lambda pk: (-counts[pk], pk), default=None)

    def _behind_and(self, word: str, whole: list[str]) -> list[str]:
        """A label that says "and onion" (ובצל) makes that no word of its own, where labels are about onions."""
        plain = self.known.get(word[1:]) if word.startswith("ו") else None
        if plain is None or not plain.heads or any(self.known[form].heads for form in whole):
            return []
        return [form for form in inflected(word[1:]) if form in self.known]

    def _behind_prefix(self, word: str) -> list[str]:
        if len(word) == 1:  # only ever that whole word
            return []
        return [form for form in prefixed(word) if form in self.known]


@lru_cache(maxsize=REMEMBERED)
def candidates_of(word: str) -> frozenset[str]:
    """Every form under which labels may know the word."""
    stripped = {form for part in bare(word) for form in inflected(part)}
    return frozenset({*inflected(word), *stripped, *prefixed(word)})


class Learned:
    """What labels know of some words, from which a vocabulary of fewer is told. One query."""

    def __init__(self, words: Iterable[str]) -> None:
        self.asked = frozenset(words)
        self._known: dict[str, KnownWord] = {}
        self._beginnings: set[str] = set()
        wanted = {form for word in self.asked for form in candidates_of(word)}
        for row in sql.known_words(sorted(wanted), sorted(self.asked)):
            if row.products is None:
                self._beginnings.add(row.word)
            else:
                self._known[row.word] = KnownWord(
                    products=row.products, heads=row.heads, category_id=row.category_id
                )

    def of(self, words: set[str] | frozenset[str]) -> Vocabulary:
        """As if these alone had been asked for."""
        wanted = {form for word in words for form in candidates_of(word)}
        known = {form: self._known[form] for form in wanted & self._known.keys()}
        return Vocabulary(known, self._beginnings & words)


def vocabulary_of(words: Iterable[str]) -> Vocabulary:
    """What labels know of the words. One query."""
    learned = Learned(words)
    return learned.of(learned.asked)


def corrections(word: str, *, alone: bool = False) -> list[str]:
    """The known words that may be meant by an unknown one, best first. A short word `alone` is no other word
    that only says what kind something is: a dummy (מוצץ) is nothing solid (מוצק). One query, or none.
    """
    if len(word) < 3 or not (is_hebrew(word) or is_latin(word) or "а" <= word[0] <= "я"):
        return []
    if any(letter.isdigit() for letter in word):
        return []
    starts = _starts(word)
    rows = sql.words_like(starts, len(word) - 2, len(word) + 2, MAX_CANDIDATES, word)
    ranked, letters = [], set(word)
    for row in rows:
        if len(letters ^ set(row.word)) > 2 * MOST_EDITS:
            continue  # an edit exchanges one letter for another at most
        alike = sounds(row.word) == sounds(word)
        distance = edits(word, row.word)
        if alone and len(word) <= SHORT and not (row.heads or alike):
            continue
        if _allowed(word, row.word, distance, alike=alike, alone=alone):
            ranked.append((not alike, distance, not row.heads, -row.products, row.word))
    return [entry[-1] for entry in sorted(ranked)]


def _allowed(word: str, other: str, distance: int, *, alike: bool, alone: bool) -> bool:
    if len(word) == 3:
        vowel = alike and distance == 1 and len(other) == 4 and not alone  # pepper, black: שחר
        return vowel or is_one_sound_off(word, other)
    long = LONG_LATIN if is_latin(word) else LONG
    if len(word) < long:
        return distance <= 1 or (distance == 2 and alike)
    return distance <= 2


def _starts(word: str) -> list[str]:
    """The letters a known word may begin with: the first one, or those of its sound."""
    if not is_hebrew(word):
        return [word[0]]
    sound = sounds(word[0]) or word[0]
    return sorted(
        {word[0], *(letter for letter in "אבגדהוזחטיכלמנסעפצקרשת" if sounds(letter) == sound)}
    )
