"""Orders, to look at and to open on the staff screen, where they change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from mami.service_admin import ReadOnlyAdmin, RowsInline
from orders.models import Order, OrderItem


class ItemInline(RowsInline):
    model = OrderItem
    fields = (
        "name_he",
        "sku",
        "quantity",
        "unit_price",
        "line_total",
        "picked_status",
        "picked_quantity",
    )
    readonly_fields = fields


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    audit_name = "order"
    list_display = ("order_number", "status", "user", "branch", "due_at", "total_amount", "screen")
    list_filter = ("status", "fulfillment_type", "branch")
    list_select_related = ("user", "branch")
    search_fields = ("=order_number", "user__email")
    ordering = ("-created_at", "-id")
    inlines = (ItemInline,)
    fields = (
        "order_number",
        "status",
        "user",
        "branch",
        "fulfillment_type",
        "due_at",
        "subtotal",
        "discount_total",
        "delivery_fee",
        "total_amount",
        "vat_total",
        "picker",
        "bags",
        "notes",
        "created_at",
        "screen",
        "paper",
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_manager)  # type: ignore[union-attr]

    @admin.display(description=_("staff screen"))
    def screen(self, order: Order) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', reverse("ops:order", args=[order.order_number]), _("open")
        )

    @admin.display(description=_("invoice"))
    def paper(self, order: Order) -> SafeString:
        invoice = getattr(order, "invoice", None)
        return format_html(
            '<a href="{}">{}</a>',
            reverse("ops:invoice", args=[order.order_number]),
            invoice.number if invoice else _("order as PDF"),
        )
