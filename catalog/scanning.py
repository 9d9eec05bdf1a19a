"""What a scanned or typed code means: one reader for every screen. Reads only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError

from catalog.choices import SoldBy
from catalog.errors import BadCheckDigit, UnknownCode
from catalog.models import Product
from core.gtin import coded, gtin14
from core.text import sought

# What the scales of the shop print: 21, five digits of the item, five of grams, the check digit.
WEIGHED = re.compile(r"21([0-9]{5})([0-9]{5})[0-9]\Z")
WHOLE = re.compile(r"(?:[0-9]{8}|[0-9]{12,14})\Z")
GRAMS_IN_KG = Decimal(1000)


@dataclass(frozen=True, kw_only=True)
class Scan:
    """A product and, where its label says so, what is in the bag (kg)."""

    product: Product
    kg: Decimal | None = None


def read(code: str) -> Scan:
    """The product that a barcode, a sku or a weighed label names; blanks and marks that nobody sees
    count for nothing.

    A code that stands at a product comes first, so that irregular ones of older data work. At most
    two queries. Raises UnknownCode, BadCheckDigit.
    """
    code = "".join(sought(code).split())
    found = _first(code)
    if found is not None:
        return Scan(product=found)
    if not WHOLE.match(code):
        raise UnknownCode(code=code)
    try:
        gtin14(code)
    except ValidationError as error:
        raise BadCheckDigit(error.messages[0], code=code) from error
    label = WEIGHED.match(code)
    product = _weighed(label[1]) if label else None
    if label is None or product is None:
        raise UnknownCode(code=code)
    kg = Decimal(label[2]) / GRAMS_IN_KG
    return Scan(product=product, kg=kg if kg and product.sold_by == SoldBy.WEIGHT else None)


def _first(code: str) -> Product | None:
    """Barcodes before skus: a pack is scanned more often than a shelf label is typed."""
    found = list(Product.objects.filter(coded(code)).order_by("pk"))
    return next((one for one in found if one.sku.upper() != code.upper()), None) or next(
        iter(found), None
    )


def _weighed(item: str) -> Product | None:
    """The product whose barcode has `item` as its digits 3 to 7, weighed ones first."""
    first, last = f"021{item}000000", f"021{item}999999"
    found = Product.objects.filter(gtin14__range=(first, last))
    return found.order_by("-sold_by", "pk").first()
