"""Addresses of search below /api/v1/."""

from __future__ import annotations

from django.urls import path

from search import api

urlpatterns = [
    path("admin/search/rules", api.AdminSearchRules.as_view(), name="admin-search-rules"),
    path(
        "admin/search/rules/<int:rule_id>", api.AdminSearchRule.as_view(), name="admin-search-rule"
    ),
    path("admin/search/queries", api.AdminSearchQueries.as_view(), name="admin-search-queries"),
    path(
        "admin/search/queries/dismiss",
        api.AdminSearchDismissal.as_view(),
        name="admin-search-dismiss",
    ),
    path("admin/search/explain", api.AdminSearchExplain.as_view(), name="admin-search-explain"),
]
