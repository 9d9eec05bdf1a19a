"""Addresses of the staff's work below /api/v1/."""

from __future__ import annotations

from django.urls import path

from ops import api

urlpatterns = [
    path("ops/orders", api.OpsOrders.as_view(), name="ops-orders"),
    path("ops/orders/<int:order_id>", api.OpsOrderDetail.as_view(), name="ops-order"),
    path("ops/orders/<int:order_id>/invoice", api.OpsInvoice.as_view(), name="ops-order-invoice"),
    path(
        "ops/orders/<int:order_id>/items/<int:item_id>/picked-status",
        api.OpsItem.as_view(),
        name="ops-order-item",
    ),
    path(
        "ops/orders/<int:order_id>/items/<int:item_id>/substitutes",
        api.OpsSubstitutes.as_view(),
        name="ops-order-item-substitutes",
    ),
    path("ops/orders/<int:order_id>/status", api.OpsStatus.as_view(), name="ops-order-status"),
    path("ops/performance", api.Performance.as_view(), name="ops-performance"),
    path("admin/orders/<int:order_id>/refund", api.Refund.as_view(), name="admin-order-refund"),
    path("admin/branches", api.AdminBranches.as_view(), name="admin-branches"),
    path("admin/branches/<int:branch_id>", api.AdminBranch.as_view(), name="admin-branch"),
]
