"""People, for admins: roles and whether they may sign in. Nobody's data is edited for them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import selectors, services
from accounts.models import User
from core.clock import now
from core.service_admin import SwitchedAdmin


@admin.register(User)
class UserAdmin(SwitchedAdmin):
    can_add = False
    audit_name = "user"
    list_display = ("name_shown", "email", "role", "is_active", "created_at")
    list_filter = ("role", "is_active")
    search_fields = ("email", "full_name")
    ordering = ("-id",)
    fields = ("name_shown", "email", "phone", "language", "created_at", "role", "is_active")
    readonly_fields = ("name_shown", "email", "phone", "language", "created_at")

    @admin.display(description=_("full name"), ordering="full_name")
    def name_shown(self, obj: User) -> str:
        return obj.shown_name

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """By e-mail and phone in any spelling, or by name."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=selectors.people_meant(text=search_term.strip())), False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_admin)  # type: ignore[union-attr]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_admin)  # type: ignore[union-attr]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_admin)  # type: ignore[union-attr]

    def update(self, request: HttpRequest, obj: User, form: Any) -> None:
        services.change_person(
            actor=request.user,  # type: ignore[arg-type]
            user_id=obj.pk,
            role=form.cleaned_data["role"],
            is_active=form.cleaned_data["is_active"],
            now=now(),
        )

    def switch(self, request: HttpRequest, obj: User, *, active: bool) -> None:
        services.change_person(
            actor=request.user,  # type: ignore[arg-type]
            user_id=obj.pk,
            is_active=active,
            now=now(),
        )
