"""Chainable filters over categories and products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, F, OuterRef

if TYPE_CHECKING:
    from catalog.models import Category, Product  # noqa: F401


class CategoryQuerySet(models.QuerySet["Category"]):
    def active(self) -> CategoryQuerySet:
        return self.filter(is_active=True)

    def departments(self) -> CategoryQuerySet:
        return self.filter(parent__isnull=True)


class ProductQuerySet(models.QuerySet["Product"]):
    def active(self) -> ProductQuerySet:
        """Products a shopper may see: themselves active, in an active category."""
        return self.filter(is_active=True, category__is_active=True)

    def on_sale(self) -> ProductQuerySet:
        return self.filter(old_price__isnull=False)

    def in_stock(self, branch_id: int | None = None) -> ProductQuerySet:
        """With something available, at one branch or at any."""
        stocks = self.model._meta.get_field("stocks").related_model.objects.filter(  # type: ignore[union-attr]
            product=OuterRef("pk"), on_hand__gt=F("reserved")
        )
        if branch_id is not None:
            stocks = stocks.filter(branch_id=branch_id)
        return self.filter(Exists(stocks))
