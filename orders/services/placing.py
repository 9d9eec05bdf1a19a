"""Writing an order down once it is paid. The promise of its stock and place comes along with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from accounts.models import User
from audit.services import Action, record
from mami.transactions import require_transaction
from notifications.services import queue
from orders.models import (
    FulfillmentType,
    Order,
    OrderDelivery,
    OrderItem,
    OrderPickup,
    OrderStatus,
    OrderStatusChange,
)
from orders.numbering import new_pickup_code


@dataclass(frozen=True, kw_only=True)
class AgreedLine:
    """A line with everything that was agreed about it; no later change of the catalogue counts."""

    product_id: int
    name_he: str
    name_en: str
    sku: str
    sold_by: str
    unit_price: Decimal
    quantity: Decimal
    discount: Decimal
    line_total: Decimal
    vat_rate: Decimal
    substitution: str


@dataclass(frozen=True, kw_only=True)
class AgreedSale:
    """What customer and shop agreed on. Amounts in ₪, VAT included; `delivery` is the address."""

    order_number: str
    cart_id: int
    payment_id: int
    branch_id: int
    fulfillment_type: str
    dated_slot_id: int | None
    due_at: dt.datetime
    subtotal: Decimal
    discount_total: Decimal
    delivery_fee: Decimal
    fee_vat_rate: Decimal
    vat_total: Decimal
    total: Decimal
    lines: Sequence[AgreedLine]
    notes: str = ""
    delivery: Mapping[str, Any] = field(default_factory=dict)


def place(*, actor: User, sale: AgreedSale, now: dt.datetime) -> Order:
    """Write the order of `actor` in the caller's transaction. Eight statements for any length.

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
    OrderItem.objects.bulk_create(
        OrderItem(
            order=order,
            product_id=line.product_id,
            name_he=line.name_he,
            name_en=line.name_en,
            sku=line.sku,
            sold_by=line.sold_by,
            unit_price=line.unit_price,
            quantity=line.quantity,
            discount=line.discount,
            line_total=line.line_total,
            vat_rate=line.vat_rate,
            substitution=line.substitution,
        )
        for line in sale.lines
    )
    OrderStatusChange.objects.bulk_create(
        [OrderStatusChange(order=order, status=OrderStatus.CREATED, actor=actor, at=now)]
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
