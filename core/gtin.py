"""Global Trade Item Numbers: the numbers that bars on packs stand for.

GTIN-8, -12, -13 and -14 are one number with zeros in front (GS1 General Specifications), so they
are compared as 14 digits. Lists from elsewhere often lose the zeros: 9 to 11 digits get them back.
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.text import sought

DIGITS = re.compile(r"[0-9]{8,14}\Z")
VALID_DIGITS = RegexValidator(
    re.compile(r"\A[0-9]{8,14}\Z"), _("A barcode has 8 to 14 digits, 0 to 9.")
)
WEIGHTS = (3, 1) * 7
TRIGRAM = 3  # letters, the fewest that an index of trigrams finds anywhere


def gtin14(code: str) -> str:
    """The 14 digits of a code of 8 to 14 ASCII digits.

    Raises ValidationError (`not_digits`, `check_digit`) in words for whoever typed it.
    """
    if not DIGITS.match(code):
        raise ValidationError(VALID_DIGITS.message, code="not_digits")
    number = code.zfill(14)
    expected = check_digit(number[:13])
    if number[13] != expected:
        raise ValidationError(
            _("The check digit does not fit: %(code)s, expected %(expected)s at the end."),
            code="check_digit",
            params={"code": code, "expected": expected},
        )
    return number


def known_gtin14(code: str) -> str | None:
    """The 14 digits, None for what is no GTIN: for looking things up."""
    try:
        return gtin14(code)
    except ValidationError:
        return None


def check_digit(first: str) -> str:
    """The last digit that belongs to the 13 before it: modulo 10, weights 3 and 1 from the left."""
    total = sum(int(digit) * weight for digit, weight in zip(first, WEIGHTS, strict=False))
    return str(-total % 10)


def shown(number: str) -> str:
    """14 digits as a pack prints them: 8 where six zeros lead, else 13, else all."""
    if number.startswith("000000"):
        return number[6:]
    return number.removeprefix("0")


def holds(text: str, *columns: str) -> Q:
    """Rows in which each word of `text` stands in one of the columns, in any case: see `part_of`."""
    found = Q()
    for word in text.split():
        one = Q()
        for column in columns:
            one |= part_of(column, word)
        found &= one
    return found


def part_of(column: str, text: str) -> Q:
    """Rows whose column holds `text`, in any case; up to two letters begin a word of it.

    An index of trigrams knows three letters anywhere, and fewer only where a word begins.
    """
    if len(text) >= TRIGRAM:
        return Q(**{f"{column}__icontains": text})
    return Q(**{f"{column}__istartswith": text}) | Q(**{f"{column}__icontains": f" {text}"})


def coded(text: str, *, product: str = "") -> Q:
    """Products whose barcode, whatever zeros lead, or sku, in any case, is `text`.

    `product` leads to them, e.g. `"product__"` from stock.
    """
    text = sought(text)
    code = "".join(text.split())
    meant = Q(**{f"{product}sku__iexact": text}) | Q(**{f"{product}barcode": code})
    number = known_gtin14(code)
    return meant | Q(**{f"{product}gtin14": number}) if number is not None else meant
