"""Writing an order down once it is paid. The promise of its stock and place comes along with it."""

from __future__ import annotations

import datetime as dt

from django.db import connection

from accounts.models import User
from audit.services import Action, record
from core.transactions import require_transaction
from notifications.services import queue
from orders.models import (
    FulfillmentType,
    Order,
    OrderDelivery,
    OrderPickup,
    OrderStatus,
    PickedStatus,
)
from orders.numbering import new_pickup_code
from orders.snapshots import CHARGE_TYPES, LINE_COLUMNS, LINE_TYPES, AgreedSale, as_json, as_rows

# By hand, together: every order is written here.
BEGIN = f"""
WITH begun AS (
    INSERT INTO orders_orderstatuschange (order_id, status, reason, actor_id, at)
    VALUES (%(order)s, '{OrderStatus.CREATED}', '', %(actor)s, %(now)s)
), lines AS (
    INSERT INTO orders_orderitem (order_id, {LINE_COLUMNS}, picked_status, missing_reason)
    SELECT %(order)s::bigint, {LINE_COLUMNS}, '{PickedStatus.PENDING}', ''
    FROM jsonb_to_recordset(%(lines)s) AS agreed({LINE_TYPES})
    RETURNING id, product_id
)
INSERT INTO orders_ordercharge (order_id, item_id, kind, quantity, unit_price, amount, vat_class,
                                vat_rate, charged, charged_quantity, refunded_amount,
                                refunded_quantity)
SELECT %(order)s::bigint, lines.id, extra.kind, extra.quantity, extra.unit_price, extra.amount,
       extra.vat_class, extra.vat_rate, 0, 0, 0, 0
FROM jsonb_to_recordset(%(charges)s) AS extra({CHARGE_TYPES})
LEFT JOIN lines USING (product_id)
"""  # noqa: S608  the columns are the ones above


def create_order(
    *, actor: User, sale: AgreedSale, now: dt.datetime, message: str = "order_confirmed"
) -> Order:
    """Write an order that `actor` places in the caller's transaction. Six statements for any length.

    Its basket, reservation and payment are the caller's business. `message` is the kind of the mail,
    "" for none.
    """
    require_transaction()
    order = Order.objects.create(
        order_number=sale.order_number,
        user_id=sale.user_id,
        placed_by_id=sale.placed_by_id,
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
        charges_total=sale.charges_total,
        total_amount=sale.total,
        notes=sale.notes,
        business_name=sale.business_name,
        vat_id=sale.vat_id,
        created_at=now,
    )
    _write_handover(order, sale)
    with connection.cursor() as cursor:
        cursor.execute(
            BEGIN,
            {
                "order": order.pk,
                "actor": actor.pk,
                "now": now,
                "lines": as_rows(sale.lines),
                "charges": as_json(sale.charges),
            },
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
        context={
            "cart_id": sale.cart_id,
            "payment_id": sale.payment_id,
            **({"customer_id": sale.user_id} if sale.placed_by_id else {}),
        },
    )
    if message:
        queue(
            user_id=sale.user_id,
            kind=message,
            context={"order_id": order.pk},
            dedupe_key=f"{message}:{order.pk}",
        )
    return order


def _write_handover(order: Order, sale: AgreedSale) -> None:
    if sale.fulfillment_type == FulfillmentType.DELIVERY:
        OrderDelivery.objects.bulk_create([OrderDelivery(order=order, **sale.delivery)])
    else:
        OrderPickup.objects.bulk_create([OrderPickup(order=order, code=new_pickup_code())])
