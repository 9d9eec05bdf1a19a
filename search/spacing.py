"""Blanks where none belong, and none where one does: tooth paste, oliveoil."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from search.rules import Rules
from search.vocabulary import Vocabulary
from search.words import BEGINNING, is_word

Together = Callable[[tuple[str, ...]], bool]
SHORTEST = 3  # letters of a word that was written together with another


def joined(words: tuple[str, ...]) -> list[str]:
    """Each two neighbours as one word, where both are words of letters."""
    return [one + other for one, other in pairwise(words) if is_word(one) and is_word(other)]


def put_together(
    words: tuple[str, ...], vocabulary: Vocabulary, rules: Rules, together: Together
) -> tuple[str, ...]:
    """The words, two neighbours as one where labels know that, and none has the two `together`."""
    found: list[str] = []
    at = 0
    while at < len(words):
        two = words[at : at + 2]
        is_one = len(two) == 2 and all(map(is_word, two)) and _is_one(two, vocabulary, rules)
        if is_one and not (all(map(vocabulary.forms, two)) and together(two)):
            found.append("".join(two))
            at += 2
        else:
            found.append(words[at])
            at += 1
    return tuple(found)


def _is_one(two: tuple[str, ...], vocabulary: Vocabulary, rules: Rules) -> bool:
    """Whether labels or rules know the two as one word, and rules not as two."""
    one = "".join(two)
    ruled = rules.at(two)
    if ruled is not None and ruled[0] == len(two):
        return False
    if vocabulary.whole_forms(one) or (one,) in rules.by_text:
        return True
    known = any(vocabulary.forms(word) for word in two)
    return not known and len(one) > BEGINNING and one in vocabulary.beginnings


def splits(word: str) -> list[tuple[str, str]]:
    """The word as two, at every place where both have a few letters."""
    places = range(SHORTEST, len(word) - SHORTEST + 1)
    return [(word[:at], word[at:]) for at in places]
