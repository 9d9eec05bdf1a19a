"""Sizes, percents and numbers in labels and in what people type.

Amounts are compared after conversion to one unit of their kind: ML, G or PIECE (1.5 L is
ML:1500, half a kilo G:500), so all spellings of one size are one query.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from search.lexicon import is_pack
from search.words import displayed, is_hebrew, is_word, normalise

HALF, QUARTER = Decimal("0.5"), Decimal("0.25")
_SPELLINGS = {
    "ML": "מל מיליליטר ml milliliter millilitre",
    "L": "ליטר ליטרים l liter litre liters litres lt ltr",
    "G": "גרם גר g gr gram grams",
    "KG": "קג קילו קילוגרם kg kilo kilos kilogram",
    "PIECE": "יח יחידות יחידה pcs pack pieces",
}
UNITS = {normalise(word): unit for unit, words in _SPELLINGS.items() for word in words.split()}
AFTER_NUMBER = UNITS | {normalise("ל"): "L", normalise("ג"): "G"}
PERCENT = {"%", *(normalise(word) for word in ("אחוז", "אחוזים", "percent"))}
TIMES = {"x", "×", "*"}
FACTORS = {"L": ("ML", 1000), "KG": ("G", 1000)}
WORDS = {normalise("חצי"): HALF, "half": HALF, normalise("רבע"): QUARTER, "quarter": QUARTER}
# So many in one pack: a number like the one that stands on another label.
PACKS = {
    normalise(word): Decimal(number)
    for number, words in {
        3: "שלישייה שלישיית",
        4: "רביעייה רביעיית",
        5: "חמישייה חמישיית",
        6: "שישייה שישיית sixpack",
        8: "שמינייה שמיניית",
        12: "תריסר dozen",
    }.items()
    for word in words.split()
}
# Numbers in words; those in `TOO_COMMON` count before a unit or a pack alone, as names begin so too.
SAID = {
    normalise(word): Decimal(number)
    for number, words in {
        2: "שני שתי שניים שתיים two", 3: "שלוש שלושה שלושת three", 4: "ארבע ארבעה four", 5: "חמש חמישה five",
        6: "שש שישה six", 7: "שבע שבעה seven", 8: "שמונה eight", 9: "תשע תשעה nine", 10: "עשר עשרה ten", 12: "twelve",
        15: "fifteen", 20: "עשרים twenty",
    }.items()
    for word in words.split()
}  # fmt: skip
TOO_COMMON = {normalise("שני")}
HEBREW_PLURALS = (normalise("ים"), "ות")
COUNTED = {"three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10, "twelve": 12}
# A number behind one of these says which of a row it is, and no amount: size 4 is not 4 to 9 kg.
SERIES = {
    normalise(word) for word in "מידה מידות גודל מספר מס שלב size stage step number no".split()
}
AND_A_HALF = normalise("וחצי")
LARGEST_QUANTITY = Decimal(1_000_000)


@dataclass(frozen=True, kw_only=True)
class Amount:
    """An amount with its unit (ML, L, G, KG or PIECE) as typed. `typed` is the text it stood in."""

    amount: Decimal
    unit: str
    typed: str = ""

    @property
    def key(self) -> str:
        """The same for every spelling of the size."""
        unit, factor = FACTORS.get(self.unit, (self.unit, 1))
        return f"{unit}:{plain(self.amount * factor)}"


@dataclass(frozen=True, kw_only=True)
class Quantities:
    """What a text says in numbers, percents also as typed; `rest` holds its other words, in order."""

    sizes: tuple[Amount, ...]
    percents: tuple[Decimal, ...]
    numbers: tuple[Decimal, ...]
    rest: tuple[str, ...]
    percents_typed: tuple[str, ...] = ()
    places: tuple[Decimal, ...] = ()  # those of the numbers that say which of a row it is

    @property
    def any(self) -> bool:
        """Whether the text says anything in numbers."""
        return bool(self.sizes or self.percents or self.numbers)


def plain(number: Decimal) -> str:
    """Without zeros at the end: `2`, `1.5`."""
    return f"{number.normalize():f}"


def read_quantities(tokens: list[str]) -> Quantities:
    """Numbers with the unit or sign behind them, numbers alone, and the words that are left."""
    sizes: list[Amount] = []
    percents: dict[Decimal, str] = {}
    numbers: list[Decimal] = []
    places: list[Decimal] = []
    rest: list[str] = []
    at = 0
    while at < len(tokens):
        number = _number(tokens[at])
        if number is None and tokens[at] in SAID:
            number, packs = _said(tokens, at)
            at += packs
            if packs:
                continue
        unit_alone = number is None and tokens[at] in UNITS
        if unit_alone and tokens[at + 1 : at + 2] == [AND_A_HALF]:
            sizes.append(_size(Decimal("1.5"), tokens, at, 2))
            at += 2
        elif number is None and (pack := _pack(tokens, at)) is not None:
            numbers.append(pack[0])
            at += pack[1]
        elif number is None:
            rest.append(tokens[at])
            at += 1
        elif tokens[at + 1 : at + 2] and tokens[at + 1] in PERCENT:
            percents.setdefault(number, _percent(tokens[at], tokens[at + 1]))
            at += 2
        elif tokens[at + 1 : at + 2] and tokens[at + 1] in AFTER_NUMBER:
            more = tokens[at + 2 : at + 3] == [AND_A_HALF]
            taken = 3 if more else 2
            sizes.append(_size(number + (HALF if more else 0), tokens, at, taken))
            at += taken
        elif tokens[at] in WORDS:
            rest.append(tokens[at])  # half of what? a word like any other
            at += 1
        else:
            numbers.append(number)
            places += [number] if at and tokens[at - 1] in SERIES else []
            at += 1
    rest = [token for token in rest if token not in TIMES and (is_word(token))]
    return Quantities(
        sizes=tuple(sizes),
        percents=tuple(percents),
        numbers=tuple(numbers),
        rest=tuple(rest),
        percents_typed=tuple(percents.values()),
        places=tuple(places),
    )


def _percent(number: str, sign: str) -> str:
    return f"{number}%" if sign == "%" else f"{number} {displayed(sign)}"


def _size(number: Decimal, tokens: list[str], at: int, taken: int) -> Amount:
    unit_at = at if tokens[at] in UNITS else at + 1
    return Amount(
        amount=number,
        unit=AFTER_NUMBER[tokens[unit_at]],
        typed=" ".join(map(displayed, tokens[at : at + taken])),
    )


def _pack(tokens: list[str], at: int) -> tuple[Decimal, int] | None:
    """How many are in the pack that is named here, and by how many words: שישייה, a six pack, a dozen."""
    if (number := PACKS.get(tokens[at])) is not None:
        return number, 1
    if tokens[at] in COUNTED and tokens[at + 1 : at + 2] in (["pack"], ["packs"]):
        return Decimal(COUNTED[tokens[at]]), 2
    return None


def _said(tokens: list[str], at: int) -> tuple[Decimal | None, int]:
    """The number that a word says here, and how many words go with it as so many packs of something. Two
    litres are a size, ten pitas (עשר פיתות) a number; six alone is a word like any other.
    """
    word, after = tokens[at], tokens[at + 1 : at + 2]
    if not after or _pack(tokens, at):
        return None, 0
    if after[0] in AFTER_NUMBER or after[0] in PERCENT:
        return SAID[word], 0
    if is_pack(after[0]) and len(tokens) > at + 2:
        return None, 2
    counts = is_hebrew(word) and word not in TOO_COMMON and after[0].endswith(HEBREW_PLURALS)
    return (SAID[word] if counts else None), 0


def _number(token: str) -> Decimal | None:
    if token in WORDS:
        return WORDS[token]
    if not token[0].isascii() or not token[0].isdigit():
        return None
    try:
        number = Decimal(token.replace(",", "."))
    except InvalidOperation:
        return None
    return number if number <= LARGEST_QUANTITY else None
