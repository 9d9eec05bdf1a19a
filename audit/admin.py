"""The audit viewer."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from audit.models import AuditEntry
from mami.service_admin import ReadOnlyAdmin


class WholeNumberFilter(admin.SimpleListFilter):
    """A filter that stands in links only (`?entity_id=12`), not in the side bar."""

    title = ""

    def has_output(self) -> bool:
        return False

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return []

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.used_parameters.get(str(self.parameter_name))
        if value is None:
            return queryset
        text = str(value)
        if not (text.isascii() and text.isdecimal() and len(text) < 18):
            return queryset.none()
        return queryset.filter(**{str(self.parameter_name): int(text)})


class EntityFilter(WholeNumberFilter):
    parameter_name = "entity_id"


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "who", "action", "what", "difference")
    list_filter = ("action", "entity_type", "created_at", EntityFilter)
    list_select_related = ("actor",)
    search_fields = ("actor__email",)
    ordering = ("-created_at", "-id")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_manager)  # type: ignore[union-attr]

    @admin.display(description=_("who"))
    def who(self, entry: AuditEntry) -> str:
        return entry.actor.email if entry.actor else "—"

    @admin.display(description=_("what"))
    def what(self, entry: AuditEntry) -> SafeString:
        return format_html(
            '<a href="?entity_type={}&entity_id={}"><bdi dir="ltr">{} {}</bdi></a>',
            entry.entity_type,
            entry.entity_id,
            entry.entity_type,
            entry.entity_id,
        )

    @admin.display(description=_("old and new"))
    def difference(self, entry: AuditEntry) -> SafeString:
        """Each changed value, before and after."""
        keys = [*entry.old_value, *(k for k in entry.new_value if k not in entry.old_value)]
        return format_html_join(
            "",
            '<span class="diff"><span class="key">{}</span><del>{}</del>→<ins>{}</ins></span>',
            (
                (key, _shown(entry.old_value.get(key)), _shown(entry.new_value.get(key)))
                for key in keys
            ),
        )


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:119] + "…"
