"""Addresses of the basket."""

from __future__ import annotations

from django.urls import path

from cart import views

app_name = "cart"
urlpatterns = [
    path("", views.page, name="page"),
    path("drawer/", views.drawer, name="drawer"),
    path("items/", views.add, name="add"),
    path("items/<int:product_id>/", views.set_quantity, name="set"),
    path("swap/", views.set_substitution, name="substitution_of_all"),
    path("items/<int:product_id>/swap/", views.set_substitution, name="substitution"),
    path("items/<int:product_id>/note/", views.set_note, name="note"),
    path("merge/undo/", views.undo_merge, name="undo_merge"),
    path("clear/", views.clear, name="clear"),
    path("slot/", views.hold, name="hold"),
    path("slot/release/", views.release, name="release"),
]
