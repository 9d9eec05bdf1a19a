"""Address of the audit trail below /api/v1/."""

from __future__ import annotations

from django.urls import path

from audit import api

urlpatterns = [path("admin/audit", api.Audit.as_view(), name="admin-audit")]
