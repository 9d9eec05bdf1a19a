"""Finding the product that somebody means by a name, an sku or a barcode."""

from __future__ import annotations

from django.db.models import Q

from catalog.models import Product
from core.gtin import coded
from core.text import sought

MAX_FOUND = 10


def find_product(*, text: str) -> list[Product]:
    """The products that fit, at most ten: by barcode, sku or whole name, else by part of a name.

    Two queries at most; inactive products are found too, they still stand on shelves.
    """
    wanted = " ".join(sought(text).split())
    if not wanted:
        return []
    exact = Product.objects.filter(coded(wanted) | Q(name_he=wanted) | Q(name_en__iexact=wanted))
    found = list(exact.order_by("id")[:MAX_FOUND])
    if found:
        return found
    part = Product.objects.filter(Q(name_he__icontains=wanted) | Q(name_en__icontains=wanted))
    return list(part.order_by("id")[:MAX_FOUND])
