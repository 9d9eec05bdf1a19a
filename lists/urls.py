"""Addresses of lists."""

from __future__ import annotations

from django.urls import path

from lists import views

app_name = "lists"
urlpatterns = [
    path("lists/", views.index, name="index"),
    path("lists/join/<str:token>/", views.join, name="join"),
    path("lists/put/<int:product_id>/", views.put, name="put"),
    path("lists/later/<int:product_id>/", views.later, name="later"),
    path("lists/<int:list_id>/", views.detail, name="detail"),
    path("lists/<int:list_id>/name/", views.rename, name="rename"),
    path("lists/<int:list_id>/delete/", views.delete, name="delete"),
    path("lists/<int:list_id>/buy/", views.buy, name="buy"),
    path("lists/<int:list_id>/share/", views.share, name="share"),
    path("lists/<int:list_id>/members/<int:user_id>/", views.remove, name="remove"),
    path("lists/<int:list_id>/items/<int:item_id>/", views.change, name="change"),
    path("products/<int:pk>/save/", views.heart, name="heart"),
    path("saved/", views.favourites, name="favourites"),
]
