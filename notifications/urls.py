"""Addresses of messages: what a person wants, the link that switches off, what gateways say."""

from __future__ import annotations

from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("account/messages/", views.preferences, name="preferences"),
    path("u/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("webhooks/email/<slug:provider>/", views.mail_receipt, name="mail_receipt"),
    path("webhooks/sms/<slug:adapter>/", views.sms_receipt, name="sms_receipt"),
]
