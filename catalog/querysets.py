"""Chainable filters over categories and products."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import (
    Exists,
    ExpressionWrapper,
    F,
    FilteredRelation,
    Func,
    OuterRef,
    Q,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, Greatest

from catalog.passover import shown

if TYPE_CHECKING:
    from catalog.models import Category, Product  # noqa: F401

QUANTITY: models.DecimalField = models.DecimalField(max_digits=12, decimal_places=3)
NOTHING = Decimal("0.000")


class CategoryQuerySet(models.QuerySet["Category"]):
    def open(self) -> CategoryQuerySet:
        """Those a shopper may see: active, and every one above as well."""
        return self.filter(is_open=True)

    def departments(self) -> CategoryQuerySet:
        return self.filter(parent__isnull=True)


class _Shown(Func):
    """Whether a product is shown as far as Passover goes."""

    output_field = models.BooleanField()

    def __init__(self, column: Any, *, known: bool | None = None, **extra: Any) -> None:
        super().__init__(column, **extra)
        self.known = known

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """`known` tells whether it is Passover; else the statement asks."""
        column, params = compiler.compile(self.source_expressions[0])
        return shown(passover=column, on="TRUE" if self.known else None), params


class ProductQuerySet(models.QuerySet["Product"]):
    def active(self, *, hides_chametz: bool | None = None) -> ProductQuerySet:
        """Products a shopper may see: active, in an active category below active ones, and on
        Passover no chametz. The statement asks whether it is, unless the caller knows.
        """
        found = self.filter(is_active=True, category__is_open=True)
        return found.shown(hides_chametz=hides_chametz)

    def shown(self, *, hides_chametz: bool | None = None) -> ProductQuerySet:
        """On Passover no chametz: the statement asks whether it is, unless the caller knows."""
        if hides_chametz is False:
            return self
        return self.filter(_Shown("passover", known=hides_chametz))

    def on_sale(self) -> ProductQuerySet:
        return self.filter(old_price__isnull=False)

    def in_stock(self, branch_id: int | None = None, *, at_source: bool = False) -> ProductQuerySet:
        """With at least one step available: at one branch, where deliveries leave from, or at any active one."""
        stocks = self._stocks().filter(on_hand__gte=F("reserved") + OuterRef("quantity_step"))
        if branch_id is not None:
            return self.filter(Exists(stocks.filter(branch_id=branch_id)))
        place = {"branch__is_delivery_source" if at_source else "branch__is_active": True}
        return self.filter(Exists(stocks.filter(**place)))

    def with_availability(self, branch_id: int | None = None) -> ProductQuerySet:
        """Annotate `available` (units or kg, never below 0) and `in_stock`: at least one step.

        Without a branch, at the branch that deliveries leave from.
        """
        # One row per product and branch at most, so the join adds no rows; unlike a subquery for
        # each product, it stays quick over a whole department.
        branches: Any = self._stock_field("branch").related_model
        source = branches.objects.filter(is_delivery_source=True).values("pk")[:1]
        here = Q(stocks__branch=Subquery(source) if branch_id is None else branch_id)
        free = F("shelf__on_hand") - F("shelf__reserved")
        return (
            self.annotate(shelf=FilteredRelation("stocks", condition=here))
            .annotate(available=Greatest(Coalesce(free, NOTHING), NOTHING, output_field=QUANTITY))
            .annotate(
                in_stock=ExpressionWrapper(
                    Q(available__gte=F("quantity_step")), output_field=models.BooleanField()
                )
            )
        )

    def with_stock_anywhere(self) -> ProductQuerySet:
        """Annotate `in_stock_anywhere`: at least one step of it at any active branch.

        A scalar subquery, because an EXISTS is planned as a hash of all stock for a few products.
        """
        stocks = self._stocks().filter(
            on_hand__gte=F("reserved") + OuterRef("quantity_step"), branch__is_active=True
        )
        some = Subquery(stocks.values_list(Value(True))[:1], output_field=models.BooleanField())
        return self.annotate(in_stock_anywhere=Coalesce(some, Value(False)))

    def may_replace(self, product: Any) -> ProductQuerySet:
        """Safe in place of another one: sold alike, no allergen more, no diet or kosher tag less."""
        return self.filter(
            sold_by=product.sold_by,
            allergens__contained_by=product.allergens,
            dietary_tags__contains=product.dietary_tags,
        ).exclude(pk=product.pk)

    def with_vat_rate(self, date: dt.date) -> ProductQuerySet:
        """Annotate `vat_rate`: the percentage in force on `date`."""
        vat_class: Any = self.model._meta.get_field("vat_class").related_model
        rates: Any = vat_class._meta.get_field("rates")
        in_force = (
            rates.related_model.objects.filter(
                vat_class=OuterRef("vat_class"), valid_from__lte=date
            )
            .order_by("-valid_from")
            .values("rate")
        )
        return self.annotate(vat_rate=Subquery(in_force[:1]))

    def as_cards(self, branch_id: int | None = None) -> ProductQuerySet:
        """Everything a product card or a basket line shows, in one query."""
        return self.with_labels().with_availability(branch_id)

    def with_labels(self) -> ProductQuerySet:
        """Names of brand and category along with the product, without its long texts."""
        return self.select_related("brand", "category").defer("description_he", "description_en")

    def in_given_order(self, ids: Iterable[int]) -> list[Product]:
        """The products of `ids`, in that order; ids without a product are left out."""
        wanted = list(ids)
        found = {product.pk: product for product in self.filter(pk__in=wanted)}
        return [found[pk] for pk in wanted if pk in found]

    def _stocks(self) -> models.QuerySet:
        related: Any = self.model._meta.get_field("stocks").related_model
        stocks: models.QuerySet = related.objects.filter(product=OuterRef("pk"))
        return stocks.order_by()  # its own order would join the products once more

    def _stock_field(self, name: str) -> Any:
        related: Any = self.model._meta.get_field("stocks").related_model
        return related._meta.get_field(name)
