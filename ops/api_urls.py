"""Addresses of the staff's work below /api/v1/."""

from __future__ import annotations

from django.urls import path

from ops import api

urlpatterns = [
    path("ops/orders", api.OpsOrders.as_view(), name="ops-orders"),
    path("ops/orders/affected", api.OpsAffected.as_view(), name="ops-orders-affected"),
    path("ops/orders/<int:order_id>/change", api.OpsChange.as_view(), name="ops-order-change"),
    path(
        "ops/orders/<int:order_id>/change/question",
        api.OpsProposeChange.as_view(),
        name="ops-order-change-question",
    ),
    path(
        "ops/orders/<int:order_id>/change/preview",
        api.OpsPreviewChange.as_view(),
        name="ops-order-change-preview",
    ),
    path(
        "ops/orders/<int:order_id>/items/<int:item_id>/question",
        api.OpsQuestion.as_view(),
        name="ops-order-item-question",
    ),
    path("ops/orders/<int:order_id>/reslot", api.OpsReslot.as_view(), name="ops-order-reslot"),
    path("ops/orders/<int:order_id>", api.OpsOrderDetail.as_view(), name="ops-order"),
    path("ops/orders/<int:order_id>/invoice", api.OpsInvoice.as_view(), name="ops-order-invoice"),
    path(
        "ops/orders/<int:order_id>/documents",
        api.OpsDocuments.as_view(),
        name="ops-order-documents",
    ),
    path(
        "ops/orders/<int:order_id>/documents/<int:document_id>",
        api.OpsDocument.as_view(),
        name="ops-order-document",
    ),
    path(
        "ops/orders/<int:order_id>/items/<int:item_id>/picked-status",
        api.OpsItem.as_view(),
        name="ops-order-item",
    ),
    path(
        "ops/orders/<int:order_id>/items/<int:item_id>/substitutes",
        api.OpsSubstitutes.as_view(),
        name="ops-order-item-substitutes",
    ),
    path("ops/orders/<int:order_id>/status", api.OpsStatus.as_view(), name="ops-order-status"),
    path("ops/orders/<int:order_id>/notes", api.OrderNotes.as_view(), name="ops-order-notes"),
    path("ops/customers", api.Customers.as_view(), name="ops-customers"),
    path("ops/customers/<int:customer_id>", api.OneCustomer.as_view(), name="ops-customer"),
    path(
        "ops/customers/<int:customer_id>/orders",
        api.CustomerOrders.as_view(),
        name="ops-customer-orders",
    ),
    path(
        "ops/customers/<int:customer_id>/notes",
        api.CustomerNotes.as_view(),
        name="ops-customer-notes",
    ),
    path("ops/performance", api.Performance.as_view(), name="ops-performance"),
    path(
        "admin/orders/<int:order_id>/request-payment",
        api.RequestPayment.as_view(),
        name="admin-order-request-payment",
    ),
    path("admin/orders/<int:order_id>/refund", api.Refund.as_view(), name="admin-order-refund"),
    path("admin/problems", api.Problems.as_view(), name="admin-problems"),
    path(
        "admin/problems/<int:problem_id>/decide",
        api.DecideProblem.as_view(),
        name="admin-problem-decide",
    ),
    path("admin/settlements/<str:date>", api.Settlement.as_view(), name="admin-settlement"),
    path(
        "admin/settlements/<str:date>/upload",
        api.UploadPayouts.as_view(),
        name="admin-settlement-upload",
    ),
    path(
        "admin/settlements/<str:date>/explain",
        api.ExplainPayout.as_view(),
        name="admin-settlement-explain",
    ),
    path("admin/messages", api.Messages.as_view(), name="admin-messages"),
    path(
        "admin/messages/<int:message_id>/resend",
        api.ResendMessage.as_view(),
        name="admin-message-resend",
    ),
    path("admin/disputes", api.Disputes.as_view(), name="admin-disputes"),
    path("admin/disputes/<int:dispute_id>", api.OneDispute.as_view(), name="admin-dispute"),
    path(
        "admin/disputes/<int:dispute_id>/answer",
        api.AnswerDispute.as_view(),
        name="admin-dispute-answer",
    ),
    path(
        "admin/disputes/<int:dispute_id>/accept",
        api.AcceptDispute.as_view(),
        name="admin-dispute-accept",
    ),
    path(
        "admin/disputes/<int:dispute_id>/credit-note",
        api.CreditDispute.as_view(),
        name="admin-dispute-credit-note",
    ),
    path(
        "admin/disputes/<int:dispute_id>/evidence",
        api.Evidence.as_view(),
        name="admin-dispute-evidence",
    ),
    path("admin/branches", api.AdminBranches.as_view(), name="admin-branches"),
    path("admin/branches/<int:branch_id>", api.AdminBranch.as_view(), name="admin-branch"),
]
