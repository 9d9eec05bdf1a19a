"""Addresses of the checkout page."""

from __future__ import annotations

from django.urls import path

from checkout import views

app_name = "checkout"
urlpatterns = [
    path("", views.page, name="page"),
    path("preview/", views.preview, name="preview"),
    path("card/", views.card, name="card"),
    path("who/", views.who, name="who"),
    path("return/", views.back, name="back"),
]
