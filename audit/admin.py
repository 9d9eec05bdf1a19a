"""The audit viewer, where managers find Django admin's list of the trail."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.models import AuditEntry
from audit.viewer import HEADER, told, trail_file, trail_page
from core.htmx import is_htmx
from core.replica import from_replica
from core.service_admin import ReadOnlyAdmin
from core.spreadsheets import stream_csv


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Millions of rows: nothing here counts them, and no page skips any."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_manager)  # type: ignore[union-attr]

    @from_replica
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Filters and fifty entries; with `cursor` the fifty behind it, with `export` a file."""
        if request.GET.get("export") == "csv":
            rows = trail_file(params=request.GET)
            if rows is not None:
                return stream_csv("audit.csv", header=HEADER, rows=rows)
        found, part = trail_page(params=request.GET), is_htmx(request)
        template = "admin/audit/_rows.html" if part else "admin/audit/viewer.html"
        return self.page(request, template, title=_("Audit trail"), **found, is_part=part)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Everything that happened to the thing of this entry."""
        entry = self.get_object(request, object_id)
        if entry is None:
            raise Http404
        wanted = {"entity_type": entry.entity_type, "entity_id": entry.entity_id}
        return HttpResponseRedirect(
            f"{reverse('admin:audit_auditentry_changelist')}?{urlencode(wanted)}"
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """One entry by itself, so that it can be pointed at."""
        entry = self.get_object(request, object_id)
        if entry is None:
            raise Http404
        return self.page(
            request,
            "admin/audit/viewer.html",
            title=_("Audit trail"),
            rows=[told(entry)],
            one=True,
        )
