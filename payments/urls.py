"""Addresses of the saved cards."""

from __future__ import annotations

from django.urls import path

from payments import views

app_name = "payments"
urlpatterns = [
    path("", views.cards, name="cards"),
    path("add/", views.add, name="card_add"),
    path("added/", views.added, name="card_added"),
    path("<int:token_id>/delete/", views.delete, name="card_delete"),
    path("<int:token_id>/default/", views.make_default, name="card_default"),
]
