"""Addresses of checkout below /api/v1/."""

from __future__ import annotations

from django.urls import path

from checkout import api

urlpatterns = [
    path("checkout/preview", api.PreviewCheckout.as_view(), name="checkout-preview"),
    path("checkout/confirm", api.ConfirmCheckout.as_view(), name="checkout-confirm"),
]
