"""Addresses of waiting."""

from __future__ import annotations

from django.urls import path

from waiting import views

app_name = "waiting"
urlpatterns = [
    path("waiting/", views.index, name="index"),
    path("waiting/product/<int:product_id>/", views.product, name="product"),
    path("ops/waiting/", views.office_list, name="office"),
    path("waiting/<int:entry_id>/leave/", views.leave, name="leave"),
    path("waiting/<int:entry_id>/accept/", views.accept, name="accept"),
]
