"""Addresses of the staff screens."""

from __future__ import annotations

from django.urls import path

from ops import change_views, customer_pages, money_views, views
from ops.asking_page import ask
from ops.dispute_pages import dispute_evidence, dispute_list, dispute_page
from ops.enquiry_page import enquiry_answered, enquiry_list
from ops.message_pages import (
    message_letter,
    message_list,
    message_preview,
    message_resend,
)
from ops.news_page import news, news_send
from ops.phone_page import customer_order
from ops.problem_pages import problem_list, problem_page, problem_photo
from ops.refund_page import refund

app_name = "ops"
urlpatterns = [
    path("", views.queue, name="queue"),
    path("runs/", views.runs, name="runs"),
    path("messages/", message_list, name="messages"),
    path("messages/<int:message_id>/resend/", message_resend, name="message_resend"),
    path("messages/preview/", message_preview, name="message_preview"),
    path("messages/preview/<slug:event>/<slug:language>/", message_letter, name="message_letter"),
    path("news/", news, name="news"),
    path("news/<int:news_id>/send/", news_send, name="news_send"),
    path("enquiries/", enquiry_list, name="enquiries"),
    path("enquiries/<int:enquiry_id>/answered/", enquiry_answered, name="enquiry_answered"),
    path("board/", views.board, name="board"),
    path("orders/<str:number>/", views.order, name="order"),
    path("affected/", change_views.affected, name="affected"),
    path("affected/reslot/", change_views.reslot_affected, name="reslot_affected"),
    path("orders/<str:number>/change/", change_views.change, name="change"),
    path("orders/<str:number>/reslot/", change_views.reslot, name="reslot"),
    path("orders/<str:number>/invoice/", views.invoice, name="invoice"),
    path("orders/<str:number>/documents/<int:document_id>/", views.document, name="document"),
    path("customers/", customer_pages.customers, name="customers"),
    path("customers/<int:customer_id>/", customer_pages.customer, name="customer"),
    path("customers/<int:customer_id>/order/", customer_order, name="customer_order"),
    path("customers/<int:customer_id>/note/", customer_pages.customer_note, name="customer_note"),
    path("orders/<str:number>/note/", customer_pages.note, name="note"),
    path("disputes/", dispute_list, name="disputes"),
    path("disputes/<int:dispute_id>/", dispute_page, name="dispute"),
    path("disputes/<int:dispute_id>/evidence/", dispute_evidence, name="dispute_evidence"),
    path("problems/", problem_list, name="problems"),
    path("problems/<int:problem_id>/", problem_page, name="problem"),
    path("problems/<int:problem_id>/photo/<int:item_id>/", problem_photo, name="problem_photo"),
    path("orders/<str:number>/refund/", refund, name="refund"),
    path("orders/<str:number>/slip/", views.slip, name="slip"),
    path("orders/<str:number>/claim/", views.claim_order, name="claim"),
    path("orders/<str:number>/hand-back/", views.hand_back, name="hand_back"),
    path(
        "orders/<str:number>/request-payment/", money_views.request_payment, name="request_payment"
    ),
    path("orders/<str:number>/status/", views.status, name="status"),
    path("orders/<str:number>/deliver/", views.deliver, name="deliver"),
    path("orders/<str:number>/photo/", views.photo, name="photo"),
    path("orders/<str:number>/hand-over/", views.hand_over, name="hand_over"),
    path("orders/<str:number>/pick/", views.pick, name="pick"),
    path("orders/<str:number>/swaps/", views.swaps, name="swaps"),
    path("orders/<str:number>/items/<int:item_id>/", views.record_pick, name="answer"),
    path("orders/<str:number>/items/<int:item_id>/scan/", views.scan, name="scan"),
    path("orders/<str:number>/items/<int:item_id>/swap/", views.swap, name="swap"),
    path("orders/<str:number>/items/<int:item_id>/ask/", ask, name="ask"),
    path("orders/<str:number>/answers/", views.replay, name="replay"),
    path("orders/<str:number>/finish/", views.finish, name="finish"),
]
