"""Addresses of branches below /api/v1/."""

from __future__ import annotations

from django.urls import path

from branches import api, area_api

urlpatterns = [
    path("branches", api.Branches.as_view(), name="branches"),
    path("delivery-slots", api.DeliverySlots.as_view(), name="delivery-slots"),
    path("admin/delivery-slots", api.AdminDeliverySlots.as_view(), name="admin-delivery-slots"),
    path(
        "admin/delivery-slots/<int:slot_id>",
        api.AdminDeliverySlot.as_view(),
        name="admin-delivery-slot",
    ),
    path("calendar", api.Calendar.as_view(), name="calendar"),
    path("admin/calendar", api.AdminCalendar.as_view(), name="admin-calendar"),
    path("admin/calendar/days", api.AdminCalendarDays.as_view(), name="admin-calendar-days"),
    path(
        "admin/calendar/days/<str:date>",
        api.AdminCalendarDay.as_view(),
        name="admin-calendar-day",
    ),
    path("localities", area_api.Localities.as_view(), name="localities"),
    path("delivery-areas", area_api.DeliveryAreas.as_view(), name="delivery-areas"),
    path(
        "admin/delivery-areas",
        area_api.AdminDeliveryAreas.as_view(),
        name="admin-delivery-areas",
    ),
    path(
        "admin/delivery-areas/<int:area_id>",
        area_api.AdminDeliveryArea.as_view(),
        name="admin-delivery-area",
    ),
    # As the first web client calls them.
    path("branches/delivery-source", api.DeliverySource.as_view(), name="old-delivery-source"),
    path(
        "admin/branches/<int:branch_id>/toggle",
        api.ToggleBranch.as_view(),
        name="old-toggle-branch",
    ),
    path(
        "admin/delivery-slots/<int:slot_id>/toggle",
        api.ToggleSlot.as_view(),
        name="old-toggle-slot",
    ),
]
