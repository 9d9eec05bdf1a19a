"""A customer who stands before the branch and waits for what is ready."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from accounts.models import User
from audit.services import Action, record
from core.errors import InvalidInput, NotFound
from core.transactions import write_transaction
from orders.errors import OrderNotReady
from orders.locks import lock_order
from orders.models import FulfillmentType, Order, OrderPickup, OrderStatus

BAY_LENGTH = 20


def arrive(*, actor: User, order_id: int, now: dt.datetime, bay: str = "") -> Order:
    """Say that the actor is there to collect their order; `bay` is where they parked.

    Who says so again keeps their place in the line, and may name another bay. Raises NotFound,
    OrderNotReady (not a pickup that is ready), InvalidInput (the bay in more than 20 characters).
    """
    bay = bay.strip()
    if len(bay) > BAY_LENGTH:
        text = _("At most %(most)d characters, please.") % {"most": BAY_LENGTH}
        raise InvalidInput(fields={"bay": [text]})
    with write_transaction():
        order = lock_order(order_id=order_id)
        if order.user_id != actor.pk:
            raise NotFound
        is_pickup = order.fulfillment_type == FulfillmentType.PICKUP
        if not is_pickup or order.status != OrderStatus.READY:
            raise OrderNotReady(status=order.status)
        pickup = OrderPickup.objects.get(order=order)
        first = pickup.arrived_at is None
        pickup.arrived_at = pickup.arrived_at or now
        pickup.bay = bay
        pickup.save(update_fields=["arrived_at", "bay"])
        if first:
            record(
                actor=actor,
                entity_type="order",
                entity_id=order.pk,
                action=Action.UPDATE,
                new={"arrived_at": now.isoformat()},
            )
    return order
