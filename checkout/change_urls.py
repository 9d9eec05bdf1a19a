"""Addresses of the page that changes an order, below those of orders."""

from __future__ import annotations

from django.urls import path

from checkout import agree_page, views

app_name = "changes"
urlpatterns = [
    path("<str:number>/change/", views.change, name="change"),
    path("<str:number>/agree/<int:question_id>/", agree_page.agree, name="agree"),
]
