"""Issued papers, to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from billing.models import Document
from core.service_admin import ReadOnlyAdmin


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    """Every invoice and credit note by number; nothing here can change one."""

    audit_name, audit_key = "order", "order_id"
    list_display = ("number", "type", "order", "total", "issued_at", "pages")
    list_filter = ("type", "issued_at")
    list_select_related = ("order", "corrects")
    search_fields = ("=number", "=order__order_number")
    fields = ("number", "type", "order", "corrects", "total", "issued_at", "pages")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_manager)  # type: ignore[union-attr]

    def meant(self, text: str) -> Q:
        """By its own number, or its order's."""
        orders: Any = Document._meta.get_field("order").related_model
        keys = orders.objects.filter(order_number=text.upper()).values_list("pk", flat=True)
        return Q(number=text.upper()) | Q(order__in=list(keys))

    @admin.display(description=_("pages"))
    def pages(self, document: Document) -> SafeString:
        number = document.order.order_number
        return format_html(
            '<a href="{}">{}</a>',
            reverse("ops:document", args=[number, document.pk]),
            _("open"),
        )
