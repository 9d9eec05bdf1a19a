"""Payments, what was asked of the provider, refunds and open questions: to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from mami.service_admin import ReadOnlyAdmin
from payments.models import Payment, ProviderCall, ReconciliationCase, Refund


class MoneyAdmin(ReadOnlyAdmin):
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_manager)  # type: ignore[union-attr]


@admin.register(Payment)
class PaymentAdmin(MoneyAdmin):
    audit_name = "payment"
    list_display = (
        "order_number",
        "state",
        "amount",
        "authorized",
        "captured",
        "refunded",
        "provider",
        "created_at",
    )
    list_filter = ("state", "provider", "created_at")
    search_fields = ("order_number", "provider_reference")
    fields = (
        "order_number",
        "state",
        "amount",
        "authorized",
        "captured",
        "refunded",
        "provider",
        "provider_reference",
        "brand",
        "last4",
        "failure",
        "created_at",
        "updated_at",
    )


@admin.register(ProviderCall)
class ProviderCallAdmin(MoneyAdmin):
    list_display = ("payment", "kind", "amount", "state", "attempts", "failure", "created_at")
    list_filter = ("state", "kind")
    list_select_related = ("payment",)
    search_fields = ("payment__order_number",)
    fields = (*list_display, "next_attempt_at", "finished_at")


@admin.register(Refund)
class RefundAdmin(MoneyAdmin):
    list_display = ("payment", "amount", "reason", "actor", "created_at")
    list_select_related = ("payment", "actor")
    search_fields = ("payment__order_number",)
    fields = list_display


@admin.register(ReconciliationCase)
class ReconciliationCaseAdmin(MoneyAdmin):
    list_display = ("payment", "kind", "status", "resolution", "created_at", "resolved_at")
    list_filter = ("status", "kind")
    list_select_related = ("payment",)
    fields = list_display
