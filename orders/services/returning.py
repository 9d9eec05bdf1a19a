"""What a customer hands back at the door: refunded at once, and nothing of it returns to the shelf."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import InvalidInput
from orders.models import Order, OrderItem, OrderStatus
from orders.services.following import follow_after_commit
from orders.services.refund_parts import ItemPart, RefundRequest
from orders.services.refunding import refund_within

Returned = Mapping[int, Decimal]


def check_returned(*, to: str, returned: Returned) -> None:
    """Raises InvalidInput where something is handed back without being delivered."""
    if returned and to != OrderStatus.DELIVERED:
        raise InvalidInput(fields={"returned": [_("Only what is delivered is handed back.")]})


def refund_returned(
    *, actor: User, order: Order, items: Sequence[OrderItem], returned: Returned, now: dt.datetime
) -> None:
    """Refund quantities by line of a locked, charged order with reason RETURN.

    In the caller's transaction; the credit note follows its commit. Raises NotFound (line),
    InvalidInput, RefundExceedsLine, RefundExceedsCapture while nothing is charged.
    """
    if not returned:
        return
    request = RefundRequest(
        items=[ItemPart(id=key, quantity=quantity) for key, quantity in returned.items()],
        reason_code="RETURN",
    )
    call_id = refund_within(
        actor=actor, order=order, items=items, request=request, key="returned", now=now
    )
    follow_after_commit(call_id=call_id)
