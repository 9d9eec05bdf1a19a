"""Addresses of stock requests below /api/v1/."""

from __future__ import annotations

from django.urls import path

from stockrequests import api

urlpatterns = [
    path("stock-requests", api.StockRequests.as_view(), name="stock-requests"),
    path("stock-requests/my", api.MyStockRequests.as_view(), name="stock-requests-my"),
    path("admin/stock-requests", api.AdminStockRequests.as_view(), name="admin-stock-requests"),
    path(
        "admin/stock-requests/bulk-review",
        api.BulkReview.as_view(),
        name="admin-stock-requests-bulk",
    ),
    path(
        "admin/stock-requests/<int:request_id>/review",
        api.ReviewStockRequest.as_view(),
        name="admin-stock-request-review",
    ),
]
