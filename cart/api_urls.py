"""Addresses of the basket below /api/v1/."""

from __future__ import annotations

from django.urls import path

from cart import api

urlpatterns = [
    path("cart", api.Cart.as_view(), name="cart"),
    path("cart/items", api.CartItems.as_view(), name="cart-items"),
    path("cart/items/<int:item_id>", api.CartItem.as_view(), name="cart-item"),
    path(
        "delivery-slots/available",
        api.AvailableSlots.as_view(),
        name="delivery-slots-available",
    ),
]
