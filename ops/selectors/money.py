"""The money of an order as its staff page shows it."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from core.money import ZERO
from orders.models import Order, OrderStatus
from orders.status import FINAL
from payments.choices import SECURED, PaymentState
from payments.selectors import holds_of, summary_of


def money_panel(*, order: Order, actor: User) -> dict[str, Any]:
    """The panel of an order's money, and what it allows. Two queries; one where its payment came with it."""
    holds = holds_of(order_number=order.order_number)
    payment = summary_of(order.payment)
    state, is_own = payment["status"], order.user_id == actor.pk
    payable = state in SECURED
    begun = order.status == OrderStatus.IN_PROGRESS
    new = order.status == OrderStatus.CREATED and payable
    may_ask = state in (PaymentState.UNPAID, PaymentState.SCHEDULED) and order.status not in FINAL
    return {
        "payment": payment,
        "holds": holds,
        "held": payment["authorized"] if state == PaymentState.AUTHORIZED else ZERO,
        "is_own": is_own,
        "may_pick": (begun or new) and not is_own,
        "may_ask": may_ask and actor.is_manager and not is_own,
    }
