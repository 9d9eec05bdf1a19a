"""Addresses of this app's pages."""

from __future__ import annotations

from django.urls import path

from stockrequests import views

app_name = "stockrequests"
urlpatterns = [
    path("", views.mine, name="mine"),
    path("products/", views.products, name="products"),
    path("review/", views.review, name="review"),
    path("review/decide/", views.decide, name="decide"),
]
