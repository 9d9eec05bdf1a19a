"""The honest "before": at most what the product cost in the weeks before its present price began.

Source: the consumer protection rule of 21 days (`OLD_PRICE_DAYS`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from catalog.models import PriceHistory, Product
from core.errors import InvalidInput
from core.money import shekels

DECLARED = "declared"


def honest_old_price(
    *, product: Product, values: Mapping[str, Any], now: dt.datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """`values` for a locked product with an earlier price that may stand beside the price, and what
    the trail says about it besides.

    One that is sent and too high is refused; one that stands and is too high for a new price, or no
    longer above it, is dropped. Where the history here is shorter than the weeks asked about, the
    manager's word counts, and the trail says `declared`. One query where the prices change. Raises
    InvalidInput.
    """
    price = values.get("price", product.price)
    wanted = values.get("old_price", product.old_price)
    if wanted is None or (price, wanted) == (product.price, product.old_price):
        return dict(values), {}
    sent = wanted != product.old_price
    if not sent and wanted <= price:
        return {**values, "old_price": None}, {}
    highest = highest_old_price(product=product, price=price, now=now)
    if highest is None:
        return dict(values), {"old_price": DECLARED}
    if wanted <= highest:
        return dict(values), {}
    if not sent:
        return {**values, "old_price": None}, {}
    raise InvalidInput(fields={"old_price": [_too_high(highest, price)]})


def highest_old_price(*, product: Product, price: Decimal, now: dt.datetime) -> Decimal | None:
    """The lowest price in force (₪) within OLD_PRICE_DAYS before `price` began, or None where the
    history does not reach back so far. One query.
    """
    history = PriceHistory.objects.filter(product=product).order_by("valid_from", "pk")
    rows = list(history.values_list("valid_from", "price"))
    began = now
    while rows and price == product.price == rows[-1][1]:
        began = rows.pop()[0]
    start = began - dt.timedelta(days=settings.OLD_PRICE_DAYS)
    if not rows or rows[0][0] > start:
        return None
    ends = [*(after for (_from, _price), (after, _next) in pairwise(rows)), began]
    return min(cost for (_from, cost), end in zip(rows, ends, strict=True) if end > start)


def _too_high(highest: Decimal, price: Decimal) -> str:
    told = {"days": settings.OLD_PRICE_DAYS, "highest": f"₪{shekels(highest)}"}
    if highest <= price:
        words = _(
            "No earlier price can be shown: in the %(days)d days before, it cost %(highest)s at times."
        )
    else:
        words = _(
            "At most %(highest)s: the lowest price of the %(days)d days before the present one began."
        )
    return words % told
