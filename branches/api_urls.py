"""Addresses of branches below /api/v1/."""

from __future__ import annotations

from django.urls import path

from branches import api

urlpatterns = [
    path("branches", api.Branches.as_view(), name="branches"),
    path("delivery-slots", api.DeliverySlots.as_view(), name="delivery-slots"),
]
