"""Israeli numbers of companies and dealers: nine digits, the last one checks the others."""

from __future__ import annotations

import re

_SHAPE = re.compile(r"[0-9]{9}")


def is_vat_id(text: str) -> bool:
    """Whether the nine digits' weighted sum (1 and 2 in turn, digits of products added) ends in 0."""
    if not _SHAPE.fullmatch(text) or not int(text):
        return False
    products = (int(digit) * (1 + place % 2) for place, digit in enumerate(text))
    return sum(product // 10 + product % 10 for product in products) % 10 == 0
