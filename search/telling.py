"""What became of each word that was typed, in a word that managers read."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from catalog.process_cache import Memory
from catalog.search_port import SearchQuery, SearchStatus
from search.quantities import read_quantities
from search.rules import Rules, rules_in_force
from search.texts import take_apart
from search.vocabulary import Vocabulary, vocabulary_of
from search.words import inflected, is_word, other_keyboard, prefixed, tokens

HOWS = {
    "KNOWN": _("as labels have it"),
    "INFLECTED": _("another form of the word"),
    "PREFIX": _("without or with a prefix letter"),
    "BEGINNING": _("as the beginning of a word"),
    "KEYBOARD": _("typed on the other keyboard"),
    "CORRECTED": _("corrected"),
    "RULE": _("by a rule"),
    "LEFT_OUT": _("left out"),
    "UNIT": _("a quantity"),
    "CARRYING": _("says nothing of the goods"),
}
BY_RULE = {SearchStatus.NOT_SOLD, SearchStatus.INSTEAD, SearchStatus.GUIDE}


class ExplainedWord(NamedTuple):
    """A word as typed, what was looked for in its place, and how that came about (`HOWS`)."""

    typed: str
    used: str
    how: str

    @property
    def told(self) -> str:
        """How, in the reader's language."""
        return str(HOWS[self.how])


def words_of(query: SearchQuery, memory: Memory) -> list[ExplainedWord]:
    """Each word of the text of `query`. One query, one more where the rules are not remembered."""
    said = tokens(query.text)
    taken = take_apart(query.text, said).words
    vocabulary = vocabulary_of(said) if said else Vocabulary({}, set())
    rules = rules_in_force(memory)
    ruled = _ruled(said, rules)
    left_out = {token for piece in query.left_out for token in tokens(piece)}
    return [
        ExplainedWord(word, *_how(word, query, vocabulary, taken, left_out, ruled))
        for word in said
    ]  # fmt: skip


def _how(
    word: str,
    query: SearchQuery,
    vocabulary: Vocabulary,
    taken: tuple[str, ...],
    left_out: set[str],
    ruled: set[str],
) -> tuple[str, str]:
    """What was looked for in place of a word, and how."""
    if word in left_out:
        return "", "LEFT_OUT"
    if word not in taken:
        quantity = not is_word(word) or word[0].isdigit() or read_quantities([word]).any
        sized = quantity or bool(query.sizes or query.percents)
        return "", "UNIT" if sized else "CARRYING"
    if query.status in BY_RULE or word in ruled:
        return query.shown_for or word, "RULE"
    return _known(word, query, vocabulary)


def _known(word: str, query: SearchQuery, vocabulary: Vocabulary) -> tuple[str, str]:
    if word in vocabulary.known:
        return word, "KNOWN"
    for form in inflected(word):
        if form in vocabulary.known:
            return form, "INFLECTED"
    if forms := vocabulary.forms(word) or tuple(
        form for form in prefixed(word) if form in vocabulary.known
    ):
        return forms[0], "PREFIX"
    if word in vocabulary.beginnings:
        return word, "BEGINNING"
    retyped = tokens(other_keyboard(word))
    shown = tokens(query.shown_for)
    if retyped and set(retyped) <= set(shown):
        return " ".join(retyped), "KEYBOARD"
    return query.shown_for, "CORRECTED" if query.shown_for else "LEFT_OUT"


def _ruled(said: list[str], rules: Rules) -> set[str]:
    """The words that a rule speaks of."""
    words: set[str] = set()
    at = 0
    while at < len(said):
        found = rules.at(tuple(said[at:]))
        length = found[0] if found else 1
        words |= set(said[at : at + length]) if found else set()
        at += length
    return words
