"""The one place where an order's status is written: row, timeline and the message about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from accounts.models import User
from notifications.events import BY_STATUS, SMS
from notifications.services import queue
from orders.models import FulfillmentType, Order, OrderStatusChange

REASON_LENGTH = 200
READY = "order_ready"


def write_status(
    *,
    actor: User | None,
    order: Order,
    to: str,
    now: dt.datetime,
    reason: str = "",
    message: str = "",
    reason_code: str = "",
) -> None:
    """Move a locked order to `to` in the caller's transaction. The caller writes the audit row.

    `message` is the event that tells of it, where it is not the status's own.
    """
    order.status = to
    order.save()
    change = OrderStatusChange.objects.create(
        order=order,
        status=to,
        reason=reason[:REASON_LENGTH],
        reason_code=reason_code,
        actor=actor,
        at=now,
    )
    pickup = order.fulfillment_type == FulfillmentType.PICKUP
    own = BY_STATUS.get(to, "")
    if message and own == READY and pickup:  # the mail says what is different, the phone: come
        _queue(order, own, change, context={"status": to}, only=SMS)
    if message:
        _queue(order, message, change)
    elif own and (own != READY or pickup):
        _queue(order, own, change, context={"status": to})


def _queue(
    order: Order,
    event: str,
    change: OrderStatusChange,
    *,
    context: Mapping[str, str] | None = None,
    only: str = "",
) -> None:
    once = order.pk if event == "picking_started" else change.pk
    queue(
        user_id=order.user_id,
        kind=event,
        context={"order_id": order.pk, **(context or {})},
        dedupe_key=f"{event}:{once}",
        only=only,
    )
