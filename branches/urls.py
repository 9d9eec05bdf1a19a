"""Addresses of the pages of branches."""

from __future__ import annotations

from django.urls import path

from branches import views

app_name = "branches"
urlpatterns = [
    path("branches/", views.index, name="index"),
    path("branches/<slug:code>/", views.detail, name="detail"),
]
