"""The staff's work in the JSON API: the queue, one order, figures, refunds, branches."""

from ops.api.branches import AdminBranch, AdminBranches
from ops.api.changes import (
    OpsAffected,
    OpsChange,
    OpsPreviewChange,
    OpsProposeChange,
    OpsQuestion,
    OpsReslot,
)
from ops.api.customers import CustomerNotes, CustomerOrders, Customers, OneCustomer, OrderNotes
from ops.api.disputes import (
    AcceptDispute,
    AnswerDispute,
    CreditDispute,
    Disputes,
    Evidence,
    OneDispute,
)
from ops.api.messages import Messages, ResendMessage
from ops.api.office import Performance, Refund, RequestPayment
from ops.api.orders import (
    OpsDocument,
    OpsDocuments,
    OpsInvoice,
    OpsItem,
    OpsOrderDetail,
    OpsOrders,
    OpsStatus,
    OpsSubstitutes,
)
from ops.api.problems import DecideProblem, Problems
from ops.api.settlements import ExplainPayout, Settlement, UploadPayouts

__all__ = [
    "AcceptDispute",
    "AdminBranch",
    "AdminBranches",
    "AnswerDispute",
    "CreditDispute",
    "CustomerNotes",
    "CustomerOrders",
    "Customers",
    "DecideProblem",
    "Disputes",
    "Evidence",
    "ExplainPayout",
    "Messages",
    "OneCustomer",
    "OneDispute",
    "OpsAffected",
    "OpsChange",
    "OpsDocument",
    "OpsDocuments",
    "OpsInvoice",
    "OpsItem",
    "OpsOrderDetail",
    "OpsOrders",
    "OpsPreviewChange",
    "OpsProposeChange",
    "OpsQuestion",
    "OpsReslot",
    "OpsStatus",
    "OpsSubstitutes",
    "OrderNotes",
    "Performance",
    "Problems",
    "Refund",
    "RequestPayment",
    "ResendMessage",
    "Settlement",
    "UploadPayouts",
]  # fmt: skip
