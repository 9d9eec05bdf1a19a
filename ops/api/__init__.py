"""The staff's work in the JSON API: the queue, one order, figures, refunds, branches."""

from ops.api.branches import AdminBranch, AdminBranches
from ops.api.office import Performance, Refund
from ops.api.orders import (
    OpsInvoice,
    OpsItem,
    OpsOrderDetail,
    OpsOrders,
    OpsStatus,
    OpsSubstitutes,
)

__all__ = [
    "AdminBranch", "AdminBranches", "OpsInvoice", "OpsItem", "OpsOrderDetail", "OpsOrders",
    "OpsStatus", "OpsSubstitutes", "Performance", "Refund",
]  # fmt: skip
