"""Addresses of stock below /api/v1/."""

from __future__ import annotations

from django.urls import path

from inventory import api

urlpatterns = [
    path("admin/inventory", api.Inventory.as_view(), name="admin-inventory"),
    path("admin/inventory/<int:stock_id>", api.InventoryRow.as_view(), name="admin-inventory-row"),
    # As the first web client calls it.
    path(
        "admin/inventory/item-<int:stock_id>",
        api.OldInventoryRow.as_view(),
        name="old-inventory-row",
    ),
]
