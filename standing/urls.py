"""Addresses of standing orders, and their screen for managers."""

from __future__ import annotations

from django.urls import path

from standing import views

app_name = "standing"
urlpatterns = [
    path("standing/", views.index, name="index"),
    path("standing/new/", views.new, name="new"),
    path("standing/<int:standing_id>/", views.detail, name="detail"),
    path("standing/<int:standing_id>/edit/", views.edit, name="edit"),
    path("standing/<int:standing_id>/do/", views.act, name="act"),
    path("standing/<int:standing_id>/<str:date>/", views.date_page, name="date"),
    path("standing/<int:standing_id>/<str:date>/do/", views.date_act, name="date_act"),
    path("ops/standing/", views.office_list, name="office"),
]
