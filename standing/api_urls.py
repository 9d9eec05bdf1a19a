"""Addresses of standing orders below /api/v1/."""

from __future__ import annotations

from django.urls import path

from standing import api

ONE = "standing-orders/<int:standing_id>"
DATE = f"{ONE}/occurrences/<str:date>"
urlpatterns = [
    path("standing-orders", api.StandingOrders.as_view(), name="standing-orders"),
    path(ONE, api.StandingOrder.as_view(), name="standing-order"),
    path(f"{ONE}/pause", api.Pause.as_view(), name="standing-pause"),
    path(f"{ONE}/resume", api.Resume.as_view(), name="standing-resume"),
    path(f"{ONE}/occurrences", api.Occurrences.as_view(), name="standing-dates"),
    path(DATE, api.Occurrence.as_view(), name="standing-date"),
    path(f"{DATE}/skip", api.Skip.as_view(), name="standing-date-skip"),
    path(f"{DATE}/restore", api.Restore.as_view(), name="standing-date-restore"),
    path(f"{DATE}/draft", api.Draft.as_view(), name="standing-date-draft"),
    path(f"{DATE}/accept", api.Accept.as_view(), name="standing-date-accept"),
    path(f"{DATE}/place", api.Place.as_view(), name="standing-date-place"),
    path("admin/standing-orders", api.AdminStandingOrders.as_view(), name="admin-standing-orders"),
]
