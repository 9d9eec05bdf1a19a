"""Addresses of a customer's orders."""

from __future__ import annotations

from django.urls import path

from orders import problem_pages, views

app_name = "orders"
urlpatterns = [
    path("", views.listing, name="list"),
    path("<str:number>/", views.detail, name="detail"),
    path("<str:number>/progress/", views.progress, name="progress"),
    path("<str:number>/invoice/", views.invoice, name="invoice"),
    path("<str:number>/documents/<int:document_id>/", views.document, name="document"),
    path("<str:number>/photo/", views.photo, name="photo"),
    path("<str:number>/problem/", problem_pages.report, name="problem_report"),
    path("<str:number>/problems/<int:problem_id>/", problem_pages.problem, name="problem"),
    path(
        "<str:number>/problems/<int:problem_id>/photo/<int:item_id>/",
        problem_pages.photo,
        name="problem_photo",
    ),
    path("<str:number>/questions/<int:question_id>/", views.answer, name="answer"),
    path("<str:number>/arrived/", views.arrived, name="arrived"),
    path("<str:number>/questions/<int:question_id>/another/", views.another, name="another"),
    path("<str:number>/business/", views.business, name="business"),
    path("<str:number>/cancel/", views.cancel, name="cancel"),
    path("<str:number>/reorder/", views.reorder, name="reorder"),
    path("<str:number>/to-list/", views.to_list, name="to_list"),
]
