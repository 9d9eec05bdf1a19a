"""Payments, what was asked of the provider, refunds and open questions: to look at."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from core.admin_lists import DaysFilter
from core.clock import now, shop_date
from core.errors import DomainError, InvalidInput
from core.keyset import walk
from core.replica import from_replica, pinned
from core.service_admin import ReadOnlyAdmin
from core.spreadsheets import stream_csv
from payments import services
from payments.forms import DaysForm
from payments.given_back import by_customer, by_reason, by_staff
from payments.given_back import in_all as in_all_given
from payments.models import Payment, ProviderCall, ReconciliationCase, Refund
from payments.providers import ADAPTERS
from payments.refunds import REASON_CHOICES
from payments.selectors import reconciliation_cases
from payments.services.payouts import MAX_BYTES, Uploaded, explain, upload_payouts
from payments.settlement import in_all, settlement
from payments.settlement_files import day_csv, fresh_day

GIVEN_BACK = ("list", "name", "refunds", "amount")
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
CELLS = tuple(
    f"payment__{one}" if one in {"order_number", "amount", "state"} else one for one in CASES
)
"""Where the cells of a case stand."""


MOST_MEANT = 2_000  # payments of a text


def meant_payments(text: str) -> Q:
    """Payments of an order, by its number or how it begins, or by the provider's own reference."""
    known = Q(provider__in=list(ADAPTERS), provider_reference=text)
    return Q(order_number__startswith=text.upper()) | known


class MoneyAdmin(ReadOnlyAdmin):
    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_manager)  # type: ignore[union-attr]


class ProviderFilter(admin.SimpleListFilter):
    """By the providers there are; asking the payments for theirs would read all of them."""

    title = gettext_lazy("provider")
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in ADAPTERS]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(provider=self.value()) if self.value() else queryset


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
    list_filter = ("state", ProviderFilter, "created_at")
    search_fields = ("order_number", "provider_reference")
    search_help_text = gettext_lazy(
        "Order number, whole or its beginning, or the provider's reference"
    )
    ordering = ("-id",)
    sortable_by = ("created_at",)
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

    def meant(self, text: str) -> Q:
        """Looked up first: walking by key meets the oldest of a number's beginning last."""
        found = Payment.objects.filter(meant_payments(text)).order_by()
        return Q(pk__in=list(found.values_list("pk", flat=True)[:MOST_MEANT]))

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_GET(self.settlement))
        day = self.admin_site.admin_view(self.settlement_day)
        return [
            path("settlement/", view, name="payments_settlement"),
            path("settlement/<str:date>/", day, name="payments_settlement_day"),
            *super().get_urls(),
        ]

    def settlement_day(self, request: HttpRequest, date: str) -> HttpResponseBase:
        """One day: what does not meet, why, and the provider's file."""
        try:
            day = dt.date.fromisoformat(date)
        except ValueError:
            raise Http404 from None
        uploaded = self._settle(request, day) if request.method == "POST" else None
        if uploaded is None and request.method == "POST":
            return redirect("admin:payments_settlement_day", date=date)
        try:
            found = fresh_day(date=day, now=now())
        except InvalidInput:
            raise Http404 from None
        if request.GET.get("export") == "csv":
            return day_csv(found)
        return self.page(
            request,
            "admin/payments/settlement_day.html",
            title=_("Settlement of %(date)s") % {"date": date},
            day=found,
            uploaded=uploaded,
            names=sorted(ADAPTERS),
        )

    def _settle(self, request: HttpRequest, date: dt.date) -> Uploaded | None:
        """Explain a reference, or read a file; what the file came to."""
        given: dict[str, Any] = {"actor": request.user, "date": date, "now": now()}
        try:
            if request.POST.get("what") == "explain":
                reference, note = request.POST.get("reference", ""), request.POST.get("note", "")
                explain(reference=reference, note=note, **given)
                return None
            file = request.FILES.get("file")
            return upload_payouts(
                provider_name=request.POST.get("provider", ""),
                content=file.read(MAX_BYTES + 1) if file else b"",
                dry_run="keep" not in request.POST,
                **given,
            )
        except DomainError as refusal:
            texts = refusal.details.get("fields", {}).values()
            words = " ".join(text for found in texts for text in found)
            messages.error(request, words or str(refusal.message))
            return None

    @from_replica
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
    ordering = ("-id",)
    sortable_by = ()
    fields = (*list_display, "next_attempt_at", "finished_at")

    def meant(self, text: str) -> Q:
        return Q(payment__in=Payment.objects.filter(meant_payments(text)))


@admin.register(Refund)
class RefundAdmin(MoneyAdmin):
    audit_name, audit_key = "payment", "payment_id"
    list_display = ("payment", "amount", "reason_code", "reason", "actor", "created_at")
    list_filter = ("reason_code",)
    list_select_related = ("payment", "actor")
    search_fields = ("payment__order_number",)
    ordering = ("-id",)
    sortable_by = ()
    fields = list_display

    def meant(self, text: str) -> Q:
        return Q(payment__in=Payment.objects.filter(meant_payments(text)))

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_GET(self.given_back))
        return [path("given-back/", view, name="payments_given_back"), *super().get_urls()]

    @from_replica
    def given_back(self, request: HttpRequest) -> HttpResponseBase:
        """What was given back on some days by reason, by whom and to whom; with `export` as a file."""
        form = DaysForm(request.GET, today=shop_date(now()))
        first, last = form.days()
        labels = {code: str(words).capitalize() for code, words in REASON_CHOICES}
        reasons = [
            (labels.get(row.name, row.name), row) for row in by_reason(first=first, last=last)
        ]
        staff = [
            (row.name or _("The shop by itself"), row) for row in by_staff(first=first, last=last)
        ]
        customers = [(row.name, row) for row in by_customer(first=first, last=last)]
        tables = [(_("Reason"), reasons), (_("Given by"), staff), (_("Given to"), customers)]
        if request.GET.get("export") == "csv":
            rows = (
                [str(title), name, row.count, row.total]
                for title, found in tables
                for name, row in found
            )
            return stream_csv("given-back.csv", header=GIVEN_BACK, rows=rows)
        return self.page(
            request,
            "admin/payments/given_back.html",
            title=_("What was given back"),
            form=form,
            tables=tables,
            total=in_all_given([row for _name, row in reasons]),
        )


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

    @from_replica
    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Every case as a file, newest first."""
        plain = pinned(reconciliation_cases()).values_list("id", *CELLS, named=True)
        rows = (cells for _id, *cells in walk(plain, keys=("-created_at", "-id")))
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
