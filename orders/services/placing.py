"""Writing an order down once it is paid. The promise of its stock and place comes along with it."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from accounts.models import User
from audit.services import Action, record
from mami.transactions import require_transaction
from notifications.services import queue
from orders.agreement import LINE_COLUMNS, LINE_TYPES, AgreedSale, as_rows
from orders.models import (
    FulfillmentType,
    Order,
    OrderDelivery,
    OrderPickup,
)
from orders.numbering import new_pickup_code

# By hand, together: every order is written here.
BEGIN = f"""
WITH begun AS (
    INSERT INTO orders_orderstatuschange (order_id, status, reason, actor_id, at)
    VALUES (%(order)s, 'CREATED', '', %(actor)s, %(now)s)
)
INSERT INTO orders_orderitem (order_id, {LINE_COLUMNS}, picked_status, missing_reason)
SELECT %(order)s, {LINE_COLUMNS}, 'PENDING', ''
FROM jsonb_to_recordset(%(lines)s) AS agreed({LINE_TYPES})
"""  # noqa: S608  the columns are the ones above


def place(*, actor: User, sale: AgreedSale, now: dt.datetime) -> Order:
    """Write the order of `actor` in the caller's transaction. Six statements for any length.

    Its basket, reservation and payment are the caller's business.
    """
    require_transaction()
    order = Order.objects.create(
        order_number=sale.order_number,
        user=actor,
        cart_id=sale.cart_id,
        payment_id=sale.payment_id,
        branch_id=sale.branch_id,
        fulfillment_type=sale.fulfillment_type,
        dated_slot_id=sale.dated_slot_id,
        due_at=sale.due_at,
        subtotal=sale.subtotal,
        discount_total=sale.discount_total,
        delivery_fee=sale.delivery_fee,
        fee_vat_rate=sale.fee_vat_rate,
        vat_total=sale.vat_total,
        total_amount=sale.total,
        notes=sale.notes,
        created_at=now,
    )
    _write_handover(order, sale)
    with connection.cursor() as cursor:
        cursor.execute(
            BEGIN,
            {"order": order.pk, "actor": actor.pk, "now": now, "lines": as_rows(sale.lines)},
        )
    record(
        actor=actor,
        entity_type="order",
        entity_id=order.pk,
        action=Action.CREATE,
        new={
            "order_number": order.order_number,
            "status": order.status,
            "total": order.total_amount,
            "lines": len(sale.lines),
        },
        context={"cart_id": sale.cart_id, "payment_id": sale.payment_id},
    )
    queue(
        user_id=actor.pk,
        kind="order_confirmed",
        context={"order_id": order.pk},
        dedupe_key=f"order_confirmed:{order.pk}",
    )
    return order


def _write_handover(order: Order, sale: AgreedSale) -> None:
    if sale.fulfillment_type == FulfillmentType.DELIVERY:
        OrderDelivery.objects.bulk_create([OrderDelivery(order=order, **sale.delivery)])
    else:
        OrderPickup.objects.bulk_create([OrderPickup(order=order, code=new_pickup_code())])
