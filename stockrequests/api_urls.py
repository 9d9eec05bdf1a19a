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
    # As the first web client calls them.
    path("stock-requests/admin", api.AdminStockRequests.as_view(), name="old-stock-requests"),
    path(
        "stock-requests/admin/bulk-review",
        api.OldBulkReview.as_view(),
        name="old-stock-requests-bulk",
    ),
    path(
        "stock-requests/admin/<int:request_id>/resolve",
        api.ReviewStockRequest.as_view(),
        name="old-stock-request-resolve",
    ),
    path(
        "stock-requests/admin/<int:request_id>/review",
        api.ReviewStockRequest.as_view(),
        name="old-stock-request-review",
    ),
]
