"""What a label says: its words, the one it is about, its sizes and what it is without."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from search.lexicon import (
    ENGLISH_CARRIERS,
    ENGLISH_ENDS,
    FREE,
    HEBREW_CARRIERS,
    HEBREW_ENDS,
    NO_THING,
    WITHOUT,
    starts_with,
)
from search.quantities import Amount, Quantities, plain, read_quantities
from search.rules import Rules, phrase_token, stem
from search.words import is_hebrew, tokens

SEGMENTS = re.compile(r"[,;:()]|\s[-–—]\s")


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One thing a text names: a word, a PHRASE, or what it is without.

    `token` is what documents hold; `besides` the words of a PHRASE that say what kind it is, and
    `generic` the word it is no kind of (butter of peanut butter).
    """

    token: str
    words: tuple[str, ...]
    besides: tuple[str, ...] = ()
    generic: str = ""
    is_without: bool = False


@dataclass(kw_only=True)
class Label:
    """A name taken apart."""

    units: list[Unit] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    quantities: list[str] = field(default_factory=list)


def read_label(name: str, rules: Rules) -> Label:
    """The units, heads and quantities of one name, in its own language."""
    label = Label()
    for number, segment in enumerate(SEGMENTS.split(name)):
        quantities = read_quantities(tokens(segment))
        units = units_of(quantities.rest, rules)
        label.units += units
        label.quantities += quantity_keys(quantities)
        if number == 0:
            label.heads = _heads(units)
    return label


def units_of(words: tuple[str, ...], rules: Rules) -> list[Unit]:
    """The words with PHRASEs made one, and what stands behind "without" set apart."""
    units: list[Unit] = []
    at = 0
    while at < len(words):
        rest = words[at:]
        without = starts_with(rest, WITHOUT)
        if without and len(rest) > without:
            units.append(_without(rest[without], rest[: without + 1]))
            at += without + 1
        elif len(rest) > 1 and rest[1] == FREE and rest[2:3] != (NO_THING,):
            units.append(_without(rest[0], rest[:2]))
            at += 2
        elif phrase := rules.phrase_of(rest):
            units.append(_phrase(phrase))
            at += len(phrase)
        else:
            units.append(Unit(token=rest[0], words=rest[:1]))
            at += 1
    return units


def quantity_keys(quantities: Quantities) -> list[str]:
    """`ML:1500`, `P:3`, `N:12`: the same for every spelling. Every number of a name is one that may
    be asked for alone, those of its sizes and percents too.
    """
    return [
        *(size.key for size in quantities.sizes),
        *(percent_key(percent) for percent in quantities.percents),
        *(number_key(number) for number in quantities.numbers),
        *(place_key(number) for number in quantities.places),
        *(number_key(size.amount) for size in quantities.sizes),
        *(number_key(percent) for percent in quantities.percents),
    ]


def product_keys(size: Decimal | None, unit: str) -> list[str]:
    """The quantities of a product's own size."""
    if size is None or not unit:
        return []
    amount = Amount(amount=size, unit=unit)
    numbers = [number_key(size)] if unit in {"L", "KG", "PIECE"} else []
    return [amount.key, *numbers]


def percent_key(percent: Decimal) -> str:
    return f"P:{plain(percent)}"


def place_key(number: Decimal) -> str:
    """Which of a row it is: size 4, stage 2, no. 5."""
    return f"R:{plain(number)}"


def number_key(number: Decimal) -> str:
    return f"N:{plain(number)}"


def head_of(units: Iterable[Unit]) -> Unit | None:
    """What a text is about: the first Hebrew unit, else the last one."""
    named = [unit for unit in units if not unit.is_without]
    hebrew = [unit for unit in named if is_hebrew(unit.words[0])]
    return hebrew[0] if hebrew else named[-1] if named else None


def _heads(units: list[Unit]) -> list[str]:
    hebrew = any(is_hebrew(unit.words[0]) for unit in units)
    ends = HEBREW_ENDS if hebrew else ENGLISH_ENDS
    carriers = HEBREW_CARRIERS if hebrew else ENGLISH_CARRIERS
    about: list[Unit] = []
    for unit in units:
        if unit.words[0] in ends or (unit.is_without and about):
            break
        if not unit.is_without:
            about.append(unit)
    if not hebrew:
        about.reverse()
    heads = about[:1]
    if heads and heads[0].token in carriers:
        heads = about[:2]
    return [unit.token for unit in heads]


def _without(word: str, words: tuple[str, ...]) -> Unit:
    return Unit(token=f"without_{stem(word)}", words=words, is_without=True)


def _phrase(words: tuple[str, ...]) -> Unit:
    hebrew = is_hebrew(words[0])
    generic, besides = (words[0], words[1:]) if hebrew else (words[-1], words[:-1])
    if generic in ENGLISH_ENDS:  # a roll-on is no roll
        besides = ()
    return Unit(token=phrase_token(words), words=words, besides=besides, generic=generic)
