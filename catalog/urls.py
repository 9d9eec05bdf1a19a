"""Addresses of the shelves."""

from __future__ import annotations

from django.urls import path

from catalog import views

app_name = "catalog"
urlpatterns = [
    path("aisles/", views.aisles, name="aisles"),
    path("aisles/<slug:slug>/", views.department, name="department"),
    path("products/<int:pk>/", views.product, name="product"),
    path("search/", views.search, name="search"),
    path("search/suggest/", views.suggest, name="suggest"),
    path("offers/", views.discounts, name="offers"),
]
