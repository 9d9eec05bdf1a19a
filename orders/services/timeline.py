"""The one place where an order's status is written: row, timeline and the message about it."""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from notifications.services import queue
from orders.models import Order, OrderStatus, OrderStatusChange

REASON_LENGTH = 200
TOLD = frozenset(
    {
        OrderStatus.READY,
        OrderStatus.OUT_FOR_DELIVERY,
        OrderStatus.DELIVERED,
        OrderStatus.DELAYED,
        OrderStatus.CANCELED,
    }
)


def write_status(
    *, actor: User | None, order: Order, to: str, now: dt.datetime, reason: str = ""
) -> None:
    """Move a locked order to `to` in the caller's transaction. The caller writes the audit row."""
    order.status = to
    order.save()
    change = OrderStatusChange.objects.create(
        order=order, status=to, reason=reason[:REASON_LENGTH], actor=actor, at=now
    )
    if to in TOLD:
        queue(
            user_id=order.user_id,
            kind="order_status",
            context={"order_id": order.pk, "status": to},
            dedupe_key=f"order_status:{change.pk}",
        )
