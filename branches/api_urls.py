"""Addresses of branches below /api/v1/."""

from __future__ import annotations

from django.urls import path

from branches import api

urlpatterns = [
    path("branches", api.Branches.as_view(), name="branches"),
    path("delivery-slots", api.DeliverySlots.as_view(), name="delivery-slots"),
    path("admin/delivery-slots", api.AdminDeliverySlots.as_view(), name="admin-delivery-slots"),
    path(
        "admin/delivery-slots/<int:slot_id>",
        api.AdminDeliverySlot.as_view(),
        name="admin-delivery-slot",
    ),
]
