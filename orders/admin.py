"""Orders, to look at and to open on the staff screen, where they change."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from core.admin_lists import DaysFilter, titled
from core.service_admin import ReadOnlyAdmin, RowsInline
from orders.models import Order, OrderItem
from orders.problem_models import ProblemReport
from orders.selectors import keys_meant, named


def _short(moment: dt.datetime) -> str:
    return date_format(localtime(moment), "j.n H:i")


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


class DueFilter(DaysFilter):
    """Orders due on those days."""

    title = _("due")
    column = "due_at"


MOST_MEANT = 2_000  # orders of a text


class LineDueFilter(DueFilter):
    column = "order__due_at"


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    audit_name = "order"
    list_display = (
        "order_number",
        "status",
        "user",
        "branch",
        "due",
        "total_amount",
        "charged",
        "screen",
    )
    list_filter = (
        "status",
        titled("fulfillment_type", _("delivery or pickup")),
        titled("branch", _("branch")),
        DueFilter,
    )
    list_select_related = ("user", "branch", "payment")
    search_fields = ("=order_number",)
    search_help_text = _("Number, e-mail or phone")
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

    def meant(self, text: str) -> Q:
        """As the queue finds them: by number in any spelling, e-mail, phone or name."""
        # Looked up first, and joined: walking by date meets the oldest of a number's beginning last.
        found = Order.objects.filter(named(text)).order_by().values_list("pk", flat=True)
        keys = RawSQL("SELECT unnest(%s::bigint[])", [list(found[:MOST_MEANT])])
        return Q(pk__in=keys)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_manager)  # type: ignore[union-attr]

    @admin.display(description=_("due"), ordering="due_at")
    def due(self, order: Order) -> str:
        return _short(order.due_at)

    @admin.display(description=_("charged"))
    def charged(self, order: Order) -> Decimal:
        """What was taken and not given back."""
        return order.payment.captured - order.payment.refunded

    @admin.display(description=_("staff screen"))
    def screen(self, order: Order) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', reverse("ops:order", args=[order.order_number]), _("open")
        )

    @admin.display(description=_("invoice"))
    def paper(self, order: Order) -> SafeString:
        label = _("invoice") if order.captured_at else _("order as PDF")
        return format_html(
            '<a href="{}">{}</a>',
            reverse("ops:invoice", args=[order.order_number]),
            label,
        )


@admin.register(OrderItem)
class OrderLineAdmin(ReadOnlyAdmin):
    """The lines of all orders: which were missing, and why."""

    audit_name = "order_item"
    list_display = ("shown_name", "number", "due", "asked", "answer", "found", "why")
    list_filter = (titled("picked_status", _("answer")), LineDueFilter)
    list_select_related = ("order",)
    search_fields = ("=order__order_number", "=sku")
    ordering = ("-id",)
    fields = (
        "order",
        ("name_he", "name_en"),
        "sku",
        "quantity",
        "unit_price",
        "discount",
        "line_total",
        "substitution",
        "substitute_for",
        "picked_status",
        "picked_quantity",
        "missing_reason",
        "picked_at",
    )

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return lookup == "product__id__exact" or super().lookup_allowed(lookup, value, request)

    def meant(self, text: str) -> Q:
        """Those of an order, by its number in any spelling, or of a product by sku or barcode."""
        orders, products = keys_meant(text=text)
        return Q(order__in=orders) | Q(product__in=products)

    @admin.display(description=_("name"))
    def shown_name(self, item: OrderItem) -> str:
        return item.name

    @admin.display(description=_("due"), ordering="order__due_at")
    def due(self, item: OrderItem) -> str:
        return _short(item.order.due_at)

    @admin.display(description=_("order"), ordering="order_id")
    def number(self, item: OrderItem) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>',
            reverse("ops:order", args=[item.order.order_number]),
            item.order.order_number,
        )

    @admin.display(description=_("ordered"))
    def asked(self, item: OrderItem) -> str:
        return f"{item.quantity.normalize():f}"

    @admin.display(description=_("answer"), ordering="picked_status")
    def answer(self, item: OrderItem) -> str:
        return item.get_picked_status_display()

    @admin.display(description=_("found"))
    def found(self, item: OrderItem) -> str:
        return f"{item.picked_quantity.normalize():f}" if item.picked_quantity else "–"

    @admin.display(description=_("reason"))
    def why(self, item: OrderItem) -> str:
        return item.missing_reason


@admin.register(ProblemReport)
class ProblemReportAdmin(ReadOnlyAdmin):
    """What customers reported as wrong; decided on the staff screen."""

    audit_name = "order"
    list_display = ("shown", "status", "number", "user", "created_at", "is_automatic", "screen")
    list_filter = ("status", "is_automatic")
    list_select_related = ("order", "user")
    search_fields = ("=order__order_number",)
    ordering = ("-id",)
    fields = ("order", "user", "status", "is_automatic", "note", "created_at", "decided_at")

    def meant(self, text: str) -> Q:
        """Those of an order, by its number in any spelling."""
        return Q(order__in=keys_meant(text=text)[0])

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_manager)  # type: ignore[union-attr]

    @admin.display(description=_("problem report"), ordering="id")
    def shown(self, report: ProblemReport) -> str:
        return f"#{report.pk}"

    @admin.display(description=_("order"), ordering="order_id")
    def number(self, report: ProblemReport) -> str:
        return report.order.order_number

    @admin.display(description=_("staff screen"))
    def screen(self, report: ProblemReport) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', reverse("ops:problem", args=[report.pk]), _("open")
        )
