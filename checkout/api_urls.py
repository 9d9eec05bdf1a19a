"""Addresses of checkout below /api/v1/."""

from __future__ import annotations

from django.urls import path

from checkout import api

urlpatterns = [
    path("checkout/preview", api.PreviewCheckout.as_view(), name="checkout-preview"),
    path("orders/<int:order_id>/change", api.ChangeOrder.as_view(), name="order-change"),
    path(
        "orders/<int:order_id>/change/preview",
        api.PreviewChange.as_view(),
        name="order-change-preview",
    ),
    path(
        "orders/<int:order_id>/questions/<int:question_id>/answer",
        api.AnswerQuestion.as_view(),
        name="order-question-answer",
    ),
    path("checkout/confirm", api.ConfirmCheckout.as_view(), name="checkout-confirm"),
    path("orders/<int:order_id>/payment", api.PayOrder.as_view(), name="order-payment"),
]
