"""Giving a pickup to the customer at the counter."""

from __future__ import annotations

import datetime as dt
import hmac

from accounts.models import User
from core.limits import PICKUP_CODES
from ops.errors import WrongPickupCode
from orders.models import Order, OrderPickup, OrderStatus
from orders.services import change_status


def hand_over(*, actor: User, order: Order, code: str, now: dt.datetime) -> Order:
    """Deliver a pickup against the code its customer says; what was picked is charged.

    Five wrong codes for one order within ten minutes: nothing is tried any more for a while. Raises
    WrongPickupCode, RateLimited, and what `orders.services.change_status` raises.
    """
    PICKUP_CODES.check(order.pk)
    pickup = OrderPickup.objects.filter(order=order).first()
    said = "".join(code.split())
    if pickup is None or not hmac.compare_digest(said.encode(), pickup.code.encode()):
        PICKUP_CODES.hit(order.pk)
        raise WrongPickupCode
    return change_status(actor=actor, order_id=order.pk, to=OrderStatus.DELIVERED, now=now)
