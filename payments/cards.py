"""Telling a provider's token from a card number, and the value that carries a token around."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

SEPARATORS = str.maketrans("", "", " -.\u00a0\u2009\u200e\u200f")


@dataclass(frozen=True, kw_only=True)
class CardToken:
    """A card as a customer hands it in: the provider's name and its token, never a number."""

    provider: str
    token: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ChosenCard:
    """The card an order will be paid with. `saved_id` is set for one of the person's saved cards."""

    provider: str
    token: str = field(repr=False)
    saved_id: int | None = None
    brand: str = ""
    last4: str = ""
    keep: bool = False


def is_card_number(text: str) -> bool:
    """Whether `text` is 12 to 19 digits, however written, whose check digit (Luhn) is right."""
    digits = unicodedata.normalize("NFKC", text).translate(SEPARATORS)
    if not (12 <= len(digits) <= 19 and digits.isdecimal()):
        return False
    total = 0
    for place, character in enumerate(reversed(digits)):
        value = int(character) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
