"""Texts that are a code: a barcode with or without blanks, a weight label, a sku."""

from __future__ import annotations

import re

from catalog import scanning
from catalog.errors import BadCheckDigit, UnknownCode
from catalog.models import Product
from catalog.search_port import SearchQuery, SearchStatus

DIGITS = re.compile(r"[0-9]+(?:[\s\u2010-\u2015-]+[0-9]+)*")
CODE = re.compile(r"(?=.*[0-9])[A-Za-z0-9._ -]{2,40}")
SKU = re.compile(r"([A-Za-z]{2,6})[\s-]?([0-9]{3,8})")
SHORTEST, LONGEST = 8, 14


def find(text: str) -> SearchQuery | None:
    """What a code finds: its product or nothing, never a correction. None where it is no code.

    Labels of the scale (`catalog.scanning`) find their product and say the weight.
    """
    if DIGITS.fullmatch(text):
        digits = re.sub(r"\D", "", text)
        if SHORTEST <= len(digits) <= LONGEST:
            return _barcode(text, digits)
    for sku in _skus(text):
        for product_id in Product.objects.filter(sku__iexact=sku).values_list("pk", flat=True):
            return SearchQuery(text=text, product_id=product_id)
    return None


def _skus(text: str) -> list[str]:
    """The texts of a sku that this may be: as typed, and with its dash between letters and digits."""
    if not CODE.fullmatch(text):
        return []
    letters_and_digits = SKU.fullmatch(text)
    dashed = [f"{letters_and_digits[1]}-{letters_and_digits[2]}"] if letters_and_digits else []
    return [text, *dashed]


def _barcode(text: str, digits: str) -> SearchQuery:
    try:
        scan = scanning.read(digits)
    except (UnknownCode, BadCheckDigit):
        return SearchQuery(text=text, status=SearchStatus.NOTHING, barcode=digits)
    return SearchQuery(text=text, barcode=digits, weight_kg=scan.kg, product_id=scan.product.pk)
