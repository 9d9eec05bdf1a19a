"""Row locks of orders: after the basket, before slot and stock."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from core.errors import NotFound
from orders.models import Order, OrderItem
from orders.problem_models import ProblemReport
from orders.refund_models import OrderCharge


def lock_order(*, order_id: int) -> Order:
    """The order, locked until the transaction ends, with `has_charges`. Raises NotFound."""
    extra = Exists(OrderCharge.objects.filter(order=OuterRef("pk")))
    rows = Order.objects.select_for_update(of=("self",)).annotate(has_charges=extra)
    found = rows.filter(pk=order_id).first()
    if found is None:
        raise NotFound
    return found


def lock_items(*, order_id: int) -> list[OrderItem]:
    """The lines of a locked order, locked in the order of their keys."""
    return list(OrderItem.objects.select_for_update().filter(order_id=order_id).order_by("pk"))


def lock_problem(*, problem_id: int) -> ProblemReport:
    """A report, behind its order and the order's lines."""
    return ProblemReport.objects.select_for_update().get(pk=problem_id)
