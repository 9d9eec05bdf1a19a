"""The managers' Django admin."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class MamiAdminSite(admin.AdminSite):
    """Managers and admins only; everybody else is told so at the shop's own sign-in."""

    site_header = _("Mami: the office")
    site_title = _("Mami")
    index_title = _("What would you like to look after?")

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_manager", False))


class MamiAdminConfig(AdminConfig):
    default_site = "mami.admin_site.MamiAdminSite"
