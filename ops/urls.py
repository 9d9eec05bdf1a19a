"""Addresses of the staff screens."""

from __future__ import annotations

from django.urls import path

from ops import views

app_name = "ops"
urlpatterns = [
    path("", views.queue, name="queue"),
    path("runs/", views.runs, name="runs"),
    path("board/", views.board, name="board"),
    path("orders/<str:number>/", views.order, name="order"),
    path("orders/<str:number>/invoice/", views.invoice, name="invoice"),
    path("orders/<str:number>/slip/", views.slip, name="slip"),
    path("orders/<str:number>/claim/", views.claim, name="claim"),
    path("orders/<str:number>/hand-back/", views.hand_back, name="hand_back"),
    path("orders/<str:number>/status/", views.status, name="status"),
    path("orders/<str:number>/deliver/", views.deliver, name="deliver"),
    path("orders/<str:number>/photo/", views.photo, name="photo"),
    path("orders/<str:number>/hand-over/", views.hand_over, name="hand_over"),
    path("orders/<str:number>/pick/", views.pick, name="pick"),
    path("orders/<str:number>/swaps/", views.swaps, name="swaps"),
    path("orders/<str:number>/items/<int:item_id>/", views.answer, name="answer"),
    path("orders/<str:number>/items/<int:item_id>/scan/", views.scan, name="scan"),
    path("orders/<str:number>/items/<int:item_id>/swap/", views.swap, name="swap"),
    path("orders/<str:number>/answers/", views.replay, name="replay"),
    path("orders/<str:number>/finish/", views.finish, name="finish"),
]
