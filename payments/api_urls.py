"""Addresses of saved cards below /api/v1/."""

from __future__ import annotations

from django.urls import path

from payments import api

urlpatterns = [
    path("me/payment-tokens", api.PaymentTokens.as_view(), name="payment-tokens"),
    path("me/payment-tokens/<int:token_id>", api.PaymentToken.as_view(), name="payment-token"),
    path(
        "me/payment-tokens/<int:token_id>/default",
        api.PaymentTokenDefault.as_view(),
        name="payment-token-default",
    ),
    path("payments/webhooks/stripe/", api.StripeWebhook.as_view(), name="payment-webhook-stripe"),
    path(
        "admin/payments/reconciliation", api.Reconciliation.as_view(), name="admin-reconciliation"
    ),
]
