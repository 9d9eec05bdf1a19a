"""What a mail about an order says, looked up when it is sent.

Named by `notifications.kinds`; each takes the message's own keys.
"""

from __future__ import annotations

from typing import Any

from notifications.errors import Obsolete
from orders.models import Order

FINAL = frozenset({"DELIVERED", "CANCELED"})


def order_context(*, order_id: int) -> dict[str, Any]:
    """The order with its lines, window and card. Two queries. Raises Obsolete when it is gone."""
    order = (
        Order.objects.select_related("dated_slot__slot", "branch", "payment", "pickup")
        .filter(pk=order_id)
        .first()
    )
    if order is None:
        raise Obsolete
    return {
        "order": order,
        "lines": list(order.items.all()),
        "window": order.dated_slot,
        "payment": order.payment,
        "path": f"/orders/{order.order_number}/",
    }


def status_context(*, order_id: int, status: str) -> dict[str, Any]:
    """As `order_context`, with the `status` to tell. Raises Obsolete when it has passed."""
    context = order_context(order_id=order_id)
    if context["order"].status != status and status not in FINAL:
        raise Obsolete
    return {**context, "status": status}
