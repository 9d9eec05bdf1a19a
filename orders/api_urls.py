"""Addresses of a customer's orders below /api/v1/."""

from __future__ import annotations

from django.urls import path

from orders import api, problem_api

urlpatterns = [
    path("orders", api.Orders.as_view(), name="orders"),
    path("orders/<int:order_id>", api.OrderDetail.as_view(), name="order"),
    path("orders/<int:order_id>/arrived", api.Arrived.as_view(), name="order-arrived"),
    path("orders/<int:order_id>/business", api.BillBusiness.as_view(), name="order-business"),
    path("orders/<int:order_id>/cancel", api.CancelOrder.as_view(), name="order-cancel"),
    path("orders/<int:order_id>/documents", api.Documents.as_view(), name="order-documents"),
    path(
        "orders/<int:order_id>/documents/<int:document_id>",
        api.DocumentFile.as_view(),
        name="order-document",
    ),
    path("orders/<int:order_id>/invoice", api.OrderInvoice.as_view(), name="order-invoice"),
    path("orders/<int:order_id>/problems", problem_api.Problems.as_view(), name="order-problems"),
    path("orders/<int:order_id>/reorder", api.Reorder.as_view(), name="order-reorder"),
    path("orders/<int:order_id>/to-list", api.ToList.as_view(), name="order-to-list"),
]
