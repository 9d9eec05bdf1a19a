"""Payments, what was asked of the provider, refunds and open questions: to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from mami.clock import now, shop_date
from mami.keyset import walk
from mami.service_admin import DaysFilter, ReadOnlyAdmin
from mami.spreadsheets import stream_csv
from payments import services
from payments.forms import DaysForm
from payments.models import Payment, ProviderCall, ReconciliationCase, Refund
from payments.selectors import reconciliation_cases
from payments.settlement import in_all, settlement

DAYS = ("day", "charges", "captured", "refunds", "refunded", "fees", "net")
CASES = (
    "order_number",
    "kind",
    "status",
    "resolution",
    "amount",
    "state",
    "created_at",
    "resolved_at",
)


class MoneyAdmin(ReadOnlyAdmin):
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_manager)  # type: ignore[union-attr]


class DayFilter(DaysFilter):
    """What the provider carried out on those days, as the settlement links."""

    column = "finished_at"


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

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_GET(self.settlement))
        return [path("settlement/", view, name="payments_settlement"), *super().get_urls()]

    def settlement(self, request: HttpRequest) -> HttpResponseBase:
        """What each day's charges and refunds come to; with `export` as a file."""
        form = DaysForm(request.GET, today=shop_date(now()))
        first, last = form.days()
        days = settlement(first=first, last=last)
        if request.GET.get("export") == "csv":
            rows = ([getattr(one, name) for name in DAYS] for one in days)
            return stream_csv("settlement.csv", header=DAYS, rows=rows)
        return self.page(
            request,
            "admin/payments/settlement.html",
            title=_("Daily settlement"),
            form=form,
            days=[one for one in days if one.charges or one.refunds][::-1],
            total=in_all(days),
        )


@admin.register(ProviderCall)
class ProviderCallAdmin(MoneyAdmin):
    audit_name, audit_key = "payment", "payment_id"
    list_display = ("payment", "kind", "amount", "state", "attempts", "failure", "created_at")
    list_filter = ("state", "kind", DayFilter)
    list_select_related = ("payment",)
    search_fields = ("payment__order_number",)
    fields = (*list_display, "next_attempt_at", "finished_at")


@admin.register(Refund)
class RefundAdmin(MoneyAdmin):
    audit_name, audit_key = "payment", "payment_id"
    list_display = ("payment", "amount", "reason", "actor", "created_at")
    list_select_related = ("payment", "actor")
    search_fields = ("payment__order_number",)
    fields = list_display


@admin.register(ReconciliationCase)
class ReconciliationCaseAdmin(MoneyAdmin):
    """What was looked into by hand is closed here; nothing here moves money."""

    audit_name, audit_key = "payment", "payment_id"
    list_display = ("payment", "kind", "status", "resolution", "created_at", "resolved_at")
    list_filter = ("status", "kind")
    list_select_related = ("payment",)
    fields = list_display
    actions = ("order_completed", "money_released", "money_refunded")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_GET(self.export))
        return [path("export/", view, name="payments_cases_export"), *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Every case as a file, newest first."""
        cases = walk(reconciliation_cases(), keys=("-created_at", "-id"))
        rows = (
            [
                case.payment.order_number,
                case.kind,
                case.status,
                case.resolution,
                case.payment.amount,
                case.payment.state,
                case.created_at,
                case.resolved_at,
            ]
            for case in cases
        )
        return stream_csv("reconciliation.csv", header=CASES, rows=rows)

    @admin.action(description=gettext_lazy("Close the chosen: the order was completed"))
    def order_completed(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._close(request, queryset, ReconciliationCase.Resolution.ORDER_COMPLETED)

    @admin.action(description=gettext_lazy("Close the chosen: the money was released"))
    def money_released(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._close(request, queryset, ReconciliationCase.Resolution.VOIDED)

    @admin.action(description=gettext_lazy("Close the chosen: the money was refunded"))
    def money_refunded(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._close(request, queryset, ReconciliationCase.Resolution.REFUNDED)

    def _close(self, request: HttpRequest, cases: QuerySet, resolution: str) -> None:
        self.each(
            request,
            cases,
            lambda case: services.close_case(
                actor=request.user,  # type: ignore[arg-type]
                case_id=case.pk,
                resolution=resolution,
                now=now(),
            ),
        )
