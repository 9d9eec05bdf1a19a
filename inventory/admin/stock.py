"""Stock and its movements, for managers: a count is entered here, promises never are."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from core.bidi import left_to_right
from core.money import plain
from core.numbers import NumberField
from core.service_admin import ReadOnlyAdmin, RefusableForm, ServiceAdmin
from core.text import TextField
from inventory import services
from inventory.admin.stock_pages import StockContext
from inventory.forms import LEVEL_NAMES
from inventory.models import Stock, StockMovement
from inventory.querysets import products_coded, products_meant


class CountForm(RefusableForm):
    """A stocktake: the new count, against the count the form was opened with."""

    expected = NumberField(widget=forms.HiddenInput, required=False)
    reason = TextField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["expected"] = self.instance.on_hand


class LevelFilter(admin.SimpleListFilter):
    title = _("level")
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return LEVEL_NAMES

    def queryset(self, request: HttpRequest, queryset: Any) -> models.QuerySet:
        return queryset.at_level(self.value() or "")


@admin.register(Stock)
class StockAdmin(ServiceAdmin):
    form = CountForm
    can_add = False
    audit_name = "stock"
    list_display = (
        "product",
        "sku",
        "branch",
        "on_hand",
        "reserved",
        "available",
        "reorder_point",
        "moved",
    )
    list_filter = ("branch", LevelFilter)
    list_select_related = ("product", "branch")
    search_fields = ("product__name_he", "product__name_en", "product__sku", "product__barcode")
    fields = ("product", "branch", "on_hand", "reserved", "reorder_point", "expected", "reason")
    readonly_fields = ("product", "branch", "reserved")

    def meant(self, text: str) -> Q:
        """By a product's name, sku or barcode, however many zeros lead."""
        return Q(product__in=products_meant(text))

    @admin.display(description=_("sku"), ordering="product__sku")
    def sku(self, stock: Stock) -> str:
        return stock.product.sku

    @admin.display(description=_("free"))
    def available(self, stock: Stock) -> Any:
        free = stock.on_hand - stock.reserved
        return (
            plain(free)
            if free >= 0
            else format_html('<strong class="bad">{}</strong>', plain(free))
        )

    @admin.display(description=_("movements"))
    def moved(self, stock: Stock) -> str:
        return format_html(
            '<a href="../stockmovement/?stock__id__exact={}">{}</a> · '
            '<a href="transfer/?product={}&amp;from_branch={}">{}</a>',
            stock.pk,
            _("movements"),
            stock.product.sku,
            stock.branch_id,
            _("transfer"),
        )

    def get_urls(self) -> list[Any]:
        return [*StockContext(self).urls(), *super().get_urls()]

    def update(self, request: HttpRequest, obj: Stock, form: Any) -> None:
        services.set_on_hand(
            actor=request.user,
            stock_id=obj.pk,
            quantity=form.cleaned_data["on_hand"],
            expected_quantity=form.cleaned_data["expected"],
            reorder_point=form.cleaned_data["reorder_point"],
            reason=form.cleaned_data["reason"],
        )


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    audit_name, audit_key = "stock", "stock_id"
    list_display = (
        "created_at",
        "product",
        "branch",
        "reason",
        "on_hand",
        "reserved",
        "reference",
        "actor",
    )
    list_filter = ("reason", "stock__branch")
    list_select_related = ("stock__product", "stock__branch", "actor")
    search_fields = ("reference", "stock__product__sku")
    ordering = ("-id",)
    sortable_by = ()

    def meant(self, text: str) -> Q:
        """By what they were for, or by a product's sku or barcode."""
        stocks = Stock.objects.filter(product__in=products_coded(text))
        keys = list(stocks.values_list("pk", flat=True))
        return Q(reference=text) | Q(stock__in=keys)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_manager)  # type: ignore[union-attr]

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        shown = {"stock__id__exact", "stock__product__id__exact", "reference__exact"}
        return lookup in shown or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("product"))
    def product(self, movement: StockMovement) -> Any:
        return movement.stock.product

    @admin.display(description=_("on the shelf"), ordering="on_hand_after")
    def on_hand(self, movement: StockMovement) -> str:
        return _change(movement.on_hand_delta, movement.on_hand_after)

    @admin.display(description=_("reserved"), ordering="reserved_after")
    def reserved(self, movement: StockMovement) -> str:
        return _change(movement.reserved_delta, movement.reserved_after)

    @admin.display(description=_("branch"))
    def branch(self, movement: StockMovement) -> Any:
        return movement.stock.branch


def _change(delta: Decimal, after: Decimal) -> str:
    """`97 (−3)`: what it is now, and by how much it changed; no sign where it did not."""
    if not delta:
        return plain(after)
    sign = "+" if delta > 0 else "−"
    return left_to_right(f"{plain(after)} ({sign}{plain(abs(delta))})")
