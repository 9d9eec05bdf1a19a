"""Chainable filters over stock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.db import models
from django.db.models import F

from core.gtin import coded, holds

if TYPE_CHECKING:
    from inventory.models import Stock  # noqa: F401


def products_meant(text: str) -> models.QuerySet:
    """Products with every word of `text` in a name, or with it as sku or barcode."""
    return _products().filter(holds(text, "name_he", "name_en") | coded(text))


def products_coded(text: str) -> models.QuerySet:
    """Products with this sku or barcode."""
    return _products().filter(coded(text))


def _products() -> models.QuerySet:
    found: models.QuerySet = apps.get_model("catalog", "Product").objects.all()
    return found


LEVELS = {"low": "low", "out": "out", "short": "short", "unsold": "never_sold"}


class StockQuerySet(models.QuerySet["Stock"]):
    def available(self) -> StockQuerySet:
        """Rows of which something may still be promised."""
        return self.filter(on_hand__gt=F("reserved"))

    def short(self) -> StockQuerySet:
        """Rows with more promised than stands on the shelf: somebody's order will miss it."""
        return self.low().filter(reserved__gt=F("on_hand"))  # so that the index of low ones serves

    def low(self) -> StockQuerySet:
        """Rows at or below their reorder point, short ones among them. The index `stock_low` has them."""
        return self.filter(on_hand__lte=F("reorder_point") + F("reserved"))

    def out(self) -> StockQuerySet:
        """Rows of which nothing may be promised any more; found among the low ones."""
        return self.low().filter(on_hand__lte=F("reserved"))

    def never_sold(self) -> StockQuerySet:
        """Rows of which nothing was ever picked for an order."""
        return self.filter(was_picked=False)

    def at_level(self, level: str) -> StockQuerySet:
        """Rows at one of LEVELS; any other word means all rows."""
        method = LEVELS.get(level)
        found: StockQuerySet = getattr(self, method)() if method else self
        return found

    def matching(self, text: str) -> StockQuerySet:
        """Rows whose product has the words of `text` in a name, or it as sku or barcode.

        The products first, by their own indexes.
        """
        return self.filter(product__in=products_meant(text))
