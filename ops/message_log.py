"""The log of messages with the orders they are about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from notifications.models import Message
from orders.models import Order


@dataclass(frozen=True, kw_only=True)
class Logged:
    """A message, and the number of the order it tells of."""

    message: Message
    order_number: str | None


def with_orders(messages: Sequence[Message]) -> list[Logged]:
    """One query for all of them."""
    keys = {row.context.get("order_id") for row in messages} - {None}
    numbers = dict(Order.objects.filter(pk__in=keys).values_list("pk", "order_number"))
    return [
        Logged(message=row, order_number=numbers.get(row.context.get("order_id")))
        for row in messages
    ]
