"""Addresses of waiting below /api/v1/."""

from __future__ import annotations

from django.urls import path

from waiting import api

urlpatterns = [
    path("waiting", api.Waiting.as_view(), name="waiting"),
    path("waiting/<int:entry_id>", api.WaitingFor.as_view(), name="waiting-entry"),
    path("waiting/<int:entry_id>/accept", api.AcceptOffer.as_view(), name="waiting-accept"),
]
