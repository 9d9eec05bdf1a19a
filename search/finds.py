"""How many products many texts find: their words and their counts are asked for together."""

from __future__ import annotations

from collections.abc import Iterable

from catalog.process_cache import Memory, recall
from catalog.search_port import SearchQuery
from search import found
from search.texts import take_apart
from search.understanding import MAX_TOKENS, Understanding
from search.vocabulary import Learned, Vocabulary
from search.words import tokens


def finds_of(texts: Iterable[str]) -> dict[str, int]:
    """How many products each text finds now; many rules show the same instead, so it is remembered. Two or
    three statements for most of them together, more where a word is unknown or something is left out.
    """
    wanted = tuple(sorted(set(texts) - {""}))
    if not wanted:
        return {}
    memory = recall()
    return memory.get(("finds", wanted), lambda: _counted(wanted, memory))


def _counted(texts: tuple[str, ...], memory: Memory) -> dict[str, int]:
    reading = _Together(texts, memory)
    queries: dict[str, SearchQuery] = {}
    for text in texts:
        query = reading.read(text)
        if query is not None:
            queries[text] = query
    return dict.fromkeys(texts, 0) | found.how_many_each(queries)


class _Together(Understanding):
    """Reads many texts; what labels know of their words is learned at once."""

    def __init__(self, texts: tuple[str, ...], memory: Memory) -> None:
        super().__init__(memory=memory, exists=found.exists)
        asked: set[str] = set()
        for text in texts:
            asked |= self._asked_words(take_apart(text, tokens(text)[:MAX_TOKENS]).words)
        self._learned = Learned(asked)

    def _vocabulary(self, words: tuple[str, ...]) -> Vocabulary:
        if words and words not in self._known:
            asked = self._asked_words(words)
            if asked <= self._learned.asked:
                self._known[words] = self._learned.of(asked)
        return super()._vocabulary(words)
