"""Addresses of a customer's orders below /api/v1/."""

from __future__ import annotations

from django.urls import path

from orders import api

urlpatterns = [
    path("orders", api.Orders.as_view(), name="orders"),
    path("orders/<int:order_id>", api.OrderDetail.as_view(), name="order"),
    path("orders/<int:order_id>/cancel", api.CancelOrder.as_view(), name="order-cancel"),
    path("orders/<int:order_id>/invoice", api.OrderInvoice.as_view(), name="order-invoice"),
    path("orders/<int:order_id>/reorder", api.Reorder.as_view(), name="order-reorder"),
]
