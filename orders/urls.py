"""Addresses of a customer's orders."""

from __future__ import annotations

from django.urls import path

from orders import views

app_name = "orders"
urlpatterns = [
    path("", views.listing, name="list"),
    path("<str:number>/", views.detail, name="detail"),
    path("<str:number>/progress/", views.progress, name="progress"),
    path("<str:number>/invoice/", views.invoice, name="invoice"),
    path("<str:number>/photo/", views.photo, name="photo"),
    path("<str:number>/cancel/", views.cancel, name="cancel"),
    path("<str:number>/reorder/", views.reorder, name="reorder"),
]
