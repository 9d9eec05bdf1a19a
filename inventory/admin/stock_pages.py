"""The pages beside the list of stock: files in and out, transfers, what runs low."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from core.clock import now
from core.errors import DomainError, InvalidInput
from core.form_refusals import add_refusal
from core.htmx import is_htmx
from core.keyset import walk
from core.service_admin import ReadOnlyAdmin
from core.spreadsheets import stream_csv
from core.typed_requests import PersonRequest
from inventory import selectors, services
from inventory.counts_file import MOST_BYTES, problem_texts
from inventory.forms import BranchChoiceForm, ExportForm, TransferForm, UploadForm

COUNTS = (
    "sku", "barcode", "name", "branch", "on_hand", "expected_on_hand", "reserved", "available",
    "reorder_point",
)  # fmt: skip
LOW = (
    "sku", "barcode", "name", "branch", "on_hand", "reserved", "available", "reorder_point",
    "sold_14_days", "days_left",
)  # fmt: skip


class StockContext:
    """The views of one admin, guarded by its site."""

    def __init__(self, model_admin: ReadOnlyAdmin) -> None:
        self.model_admin = model_admin

    def urls(self) -> list[URLPattern]:
        guarded = self.model_admin.admin_site.admin_view
        return [
            path("export/", guarded(require_GET(self.export)), name="inventory_export"),
            path("import/", guarded(require_http_methods(["GET", "POST"])(self.upload)),
                 name="inventory_import"),
            path("import/<int:import_id>/",
                 guarded(require_http_methods(["GET", "POST"])(self.imported)),
                 name="inventory_imported"),
            path("transfer/", guarded(require_http_methods(["GET", "POST"])(self.transfer)),
                 name="inventory_transfer"),
            path("low/", guarded(require_GET(self.low)), name="inventory_low"),
        ]  # fmt: skip

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """The list's rows as a file that can be counted against and imported again."""
        rows = selectors.listed_stock(**ExportForm(request.GET).filters())
        return stream_csv("stock.csv", header=COUNTS, rows=_count_cells(walk(rows, keys=("pk",))))

    def upload(self, request: PersonRequest) -> HttpResponse:
        """Take a file of counts; the next page says what is in it."""
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            try:
                file = services.upload_counts(
                    actor=request.user,
                    file_name=data["file"].name,
                    content=data["file"].read(MOST_BYTES + 1),
                    branch_id=form.branch_id(),
                    note=data["note"],
                    now=now(),
                )
                return HttpResponseRedirect(reverse("admin:inventory_imported", args=[file.pk]))
            except InvalidInput as refusal:
                add_refusal(form, refusal)
        return self.model_admin.page(
            request,
            "admin/inventory/import.html",
            title=_("Import counts"),
            status=422 if form.errors else 200,
            form=form,
            latest=selectors.latest_imports(),
        )

    def imported(self, request: PersonRequest, import_id: int) -> HttpResponse:
        """How far a file has come, what is wrong with it, and the choice what to apply."""
        if request.method == "POST":
            try:
                services.choose_mode(
                    actor=request.user, import_id=import_id, mode=request.POST.get("mode", "")
                )
            except DomainError as refusal:
                messages.error(request, str(refusal.message))
            return HttpResponseRedirect(request.path)
        file = selectors.import_of(import_id=import_id)
        part = is_htmx(request)
        return self.model_admin.page(
            request,
            "admin/inventory/_imported.html" if part else "admin/inventory/imported.html",
            title=_("Import counts"),
            file=file,
            good=file.rows - file.refused,
            problems=problem_texts(file),
            more=file.refused - len(file.problems),
        )

    def transfer(self, request: PersonRequest) -> HttpResponse:
        """Move goods between branches."""
        form = TransferForm(request.POST or None, initial=request.GET.dict())
        if request.method == "POST" and form.is_valid() and self._transferred(request, form):
            return HttpResponseRedirect(request.path)
        return self.model_admin.page(
            request,
            "admin/inventory/transfer.html",
            title=_("Transfer between branches"),
            status=422 if form.errors else 200,
            form=form,
        )

    def low(self, request: HttpRequest) -> HttpResponseBase:
        """What to order: the shelves that run low, the soonest empty first."""
        form = BranchChoiceForm(request.GET)
        rows = selectors.low_rows(branch_id=form.branch_id(), now=now())
        if request.GET.get("export") == "csv":
            return stream_csv("low-stock.csv", header=LOW, rows=_low_cells(rows))
        return self.model_admin.page(
            request,
            "admin/inventory/low.html",
            title=_("Low stock"),
            form=form,
            rows=rows,
            days=selectors.SALES_DAYS,
        )

    def _transferred(self, request: PersonRequest, form: TransferForm) -> bool:
        data = form.cleaned_data
        try:
            reference = services.transfer(
                actor=request.user,
                stock_id=form.stock_id or 0,
                to_branch_id=data["to_branch"].pk,
                quantity=data["quantity"],
                reason=data["reason"],
            )
        except DomainError as refusal:
            add_refusal(form, refusal, "quantity")
            return False
        messages.success(request, _("Moved. Both movements carry %(reference)s.") % {
            "reference": reference,
        })  # fmt: skip
        return True


def _count_cells(rows: Iterator[Any]) -> Iterator[list[Any]]:
    for _pk, sku, barcode, name, code, on_hand, reserved, reorder_point in rows:
        free = on_hand - reserved
        yield [sku, barcode, name, code, on_hand, on_hand, reserved, free, reorder_point]


def _low_cells(rows: list[selectors.LowRow]) -> Iterator[list[Any]]:
    for row in rows:
        stock = row.stock
        yield [
            stock.product.sku,
            stock.product.barcode,
            stock.product.name,
            stock.branch.code,
            stock.on_hand,
            stock.reserved,
            row.free,
            stock.reorder_point,
            row.sold,
            "" if row.days_left is None else round(row.days_left, 1),
        ]
