"""Categories and departments that a text names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from catalog.process_cache import Memory
from catalog.tree import category_tree
from search.rules import stem
from search.words import tokens

Places = dict[tuple[str, ...], set[int]]
BETWEEN = re.compile(r"[,&/]|\band\b|\s(?=ו[א-ת])")


def named(words: tuple[str, ...], memory: Memory) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The categories whose name, or one thing of whose name, the words are, with all below them;
    and of these those whose whole name they are.
    """
    if not words:
        return (), ()
    asked = tuple(map(stem, words))
    parts, wholes = memory.get(("names of places",), lambda: _names(memory))
    return tuple(sorted(parts.get(asked, ()))), tuple(sorted(wholes.get(asked, ())))


def below(category_ids: Iterable[int], memory: Memory) -> tuple[int, ...]:
    """The categories and all below them."""
    tree = category_tree(memory)
    nodes = [tree.nodes[pk] for pk in category_ids if pk in tree.nodes]
    return tuple(sorted({pk for node in nodes for pk in node.ids()}))


def _names(memory: Memory) -> tuple[Places, Places]:
    parts: Places = {}
    wholes: Places = {}
    for node in category_tree(memory).walk():
        ids = set(node.ids())
        for name in (node.category.name_he, node.category.name_en):
            wholes.setdefault(tuple(map(stem, tokens(name))), set()).update(ids)
            for part in {name, *BETWEEN.split(name)}:
                said = tokens(part)
                for words in (said, _without_and(said)):
                    if words:
                        parts.setdefault(tuple(map(stem, words)), set()).update(ids)
    return parts, wholes


def _without_and(words: list[str]) -> list[str]:
    """Hebrew writes "and" as a letter before the word."""
    if words and words[0].startswith("ו") and len(words[0]) > 3:
        return [words[0][1:], *words[1:]]
    return []
