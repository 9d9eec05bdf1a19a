"""Addresses of messages below /api/v1/."""

from __future__ import annotations

from django.urls import path

from notifications import api

urlpatterns = [
    path("me/notifications", api.MyNotifications.as_view(), name="me-notifications"),
]
