"""Products, departments, brands and VAT, for managers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from catalog import selectors, services
from catalog.choices import Allergen, DietaryTag
from catalog.models import Brand, Category, PriceHistory, Product, VatClass, VatRate
from catalog.templatetags.shop import money_filter, tile
from core.gtin import coded, holds
from core.service_admin import (
    CheckList,
    ReadOnlyAdmin,
    RefusableForm,
    RowsInline,
    ServiceAdmin,
    SwitchedAdmin,
)


class ProductForm(RefusableForm):
    # Its content is judged by the service, not decoded by the form: that is what bombs wait for.
    image = forms.FileField(label=_("photograph"), required=False, widget=forms.ClearableFileInput)
    place_of_refusal = {"PICTURE_REFUSED": "image"}
    dietary_tags = CheckList(label=_("dietary tags"), choices=DietaryTag.choices, required=False)
    allergens = CheckList(label=_("allergens"), choices=Allergen.choices, required=False)


class PriceInline(RowsInline):
    model = PriceHistory
    fields = ("valid_from", "price", "old_price", "actor")
    readonly_fields = fields
    verbose_name_plural = _("price history")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).select_related("actor")


@admin.register(Product)
class ProductAdmin(SwitchedAdmin):
    form = ProductForm
    audit_name = "product"
    list_display = ("shown_name", "sku", "category", "brand", "shown_price", "bin", "is_active")
    list_filter = ("is_active", "category", "vat_class", "sold_by")
    list_select_related = ("category", "brand")
    search_fields = ("name_he", "name_en", "=sku", "=barcode")
    ordering = ("key_he", "id")
    inlines = (PriceInline,)
    readonly_fields = ("look", "unit_price")
    fieldsets = (
        (None, {"fields": (("name_he", "name_en"), ("sku", "barcode"), ("category", "brand"))}),
        (
            _("Price"),
            {
                "fields": (
                    ("price", "old_price"),
                    ("vat_class", "price_controlled"),
                    ("deposit", "unit_price"),
                )
            },
        ),
        (_("Quantity"), {"fields": (("sold_by", "quantity_step"), ("size", "size_unit"))}),
        (_("Words"), {"fields": ("description_he", "description_en")}),
        (_("What is in it"), {"fields": ("dietary_tags", "allergens", "passover")}),
        (
            _("Picture and place"),
            {"fields": ("look", "image", ("icon", "garnish", "accent"), "bin")},
        ),
        (_("State"), {"fields": ("is_active",)}),
    )

    def meant(self, text: str) -> Q:
        """By the words of a name, by sku, or by barcode, however many zeros lead."""
        return holds(text, "name_he", "name_en") | coded(text)

    @admin.display(description=_("name"), ordering="key_he")
    def shown_name(self, product: Product) -> str:
        return product.name

    @admin.display(description=_("price"), ordering="price")
    def shown_price(self, product: Product) -> SafeString | str:
        return money_filter(product.price)

    @admin.display(description=_("as shown"))
    def look(self, product: Product) -> SafeString | str:
        return tile(product) if product.pk else "–"

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def create(self, request: HttpRequest, form: Any) -> Product:
        values = _columns(form.cleaned_data)
        return services.create_product(actor=request.user, data=services.ProductData(**values))

    def update(self, request: HttpRequest, obj: Product, form: Any) -> None:
        services.update_product(
            actor=request.user, product_id=obj.pk, changes=_columns(form.changes())
        )

    def switch(self, request: HttpRequest, obj: Product, *, active: bool) -> None:
        change = services.activate_product if active else services.deactivate_product
        change(actor=request.user, product_id=obj.pk)


@admin.register(Category)
class CategoryAdmin(SwitchedAdmin):
    audit_name = "category"
    is_short = True
    list_display = ("shown_name", "parent", "position", "aisle", "icon", "is_active")
    list_filter = ("is_active", "parent")
    list_select_related = ("parent",)
    search_fields = ("name_he", "name_en")
    fields = (
        ("name_he", "name_en"),
        "parent",
        "slug",
        "position",
        ("aisle", "icon"),
        "is_active",
    )

    @admin.display(description=_("name"), ordering="key_he")
    def shown_name(self, category: Category) -> str:
        return category.name

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        """Beside the box that hides it: how much would vanish."""
        if obj is not None and (count := selectors.for_sale_below(category_id=obj.pk)):
            told = ngettext(
                "Unticked, it hides %(count)d product that is for sale below it.",
                "Unticked, it hides the %(count)d products that are for sale below it.",
                count,
            ) % {"count": count}
            kwargs["help_texts"] = {"is_active": told}
        return super().get_form(request, obj, change=change, **kwargs)

    def create(self, request: HttpRequest, form: Any) -> Category:
        return services.create_category(actor=request.user, **_columns(form.cleaned_data))

    def update(self, request: HttpRequest, obj: Category, form: Any) -> None:
        services.update_category(
            actor=request.user, category_id=obj.pk, changes=_columns(form.changes())
        )

    def switch(self, request: HttpRequest, obj: Category, *, active: bool) -> None:
        change = services.activate_category if active else services.deactivate_category
        change(actor=request.user, category_id=obj.pk)


@admin.register(Brand)
class BrandAdmin(ServiceAdmin):
    audit_name = "brand"
    is_short = True
    list_display = ("shown_name", "name_he", "name_en", "label", "is_house")
    search_fields = ("name_he", "name_en")
    fields = (("name_he", "name_en"), "slug", "label", "is_house")

    @admin.display(description=_("name"), ordering="key_he")
    def shown_name(self, brand: Brand) -> str:
        return brand.name

    def create(self, request: HttpRequest, form: Any) -> Brand:
        return services.create_brand(actor=request.user, **form.cleaned_data)

    def update(self, request: HttpRequest, obj: Brand, form: Any) -> None:
        services.update_brand(actor=request.user, brand_id=obj.pk, changes=form.changes())


@admin.register(VatRate)
class VatRateAdmin(ServiceAdmin):
    audit_name = "settings"
    is_short = True
    list_display = ("vat_class", "rate", "valid_from")
    list_select_related = ("vat_class",)
    fields = list_display

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def create(self, request: HttpRequest, form: Any) -> VatRate:
        return services.add_vat_rate(
            actor=request.user,
            vat_class=form.cleaned_data["vat_class"].pk,
            rate=form.cleaned_data["rate"],
            valid_from=form.cleaned_data["valid_from"],
        )


@admin.register(VatClass)
class VatClassAdmin(ReadOnlyAdmin):
    audit_name, audit_key = "settings", ""
    is_short = True
    list_display = ("code", "name_he", "name_en")
    fields = list_display


@admin.register(PriceHistory)
class PriceHistoryAdmin(ReadOnlyAdmin):
    audit_name, audit_key = "product", "product_id"
    list_display = ("product", "price", "old_price", "valid_from", "actor")
    list_select_related = ("product", "actor")
    search_fields = ("product__sku", "product__name_he", "product__name_en")
    fields = list_display
    ordering = ("-id",)
    sortable_by = ()

    def meant(self, text: str) -> Q:
        """Those of products with the words in a name, or with this sku or barcode."""
        named = holds(text, "name_he", "name_en") | coded(text)
        return Q(product__in=Product.objects.filter(named))


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """The form's values as the services name them: keys of rows, an emptied picture as ""."""
    columns: dict[str, Any] = {}
    for name, value in values.items():
        if name == "image" and value is False:
            columns[name] = ""
        elif name in {"category", "brand", "vat_class", "parent"}:
            columns[f"{name}_id"] = value.pk if value is not None else None
        else:
            columns[name] = value
    return columns
