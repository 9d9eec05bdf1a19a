"""An order as the snapshot that decides what its paper says: names, addresses, rows as they are now.

Read once, when a paper is issued (or shown before there is one); see `billing.wording`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings

from core.clock import shop_date
from orders.invoice_lines import Bill, InvoiceLine
from orders.models import FulfillmentType, Order, OrderItem, OrderStatus
from payments.selectors import summary_of


def snapshot(
    *,
    order: Order,
    rows: Sequence[InvoiceLine],
    supplied_on: dt.date | None,
    reason_code: str = "",
    reason: str = "",
) -> dict[str, Any]:
    """Seller, buyer, order, rows and card as JSON. Uses the order's user, delivery and payment."""
    payment = summary_of(order.payment)
    pickup = order.fulfillment_type == FulfillmentType.PICKUP
    return {
        "seller": dict(settings.SELLER),
        "buyer": _buyer(order),
        "order": {
            "number": order.order_number,
            "placed_at": order.created_at.isoformat(),
            "supplied_on": supplied_on and supplied_on.isoformat(),
            "pickup_branch": order.branch.name if pickup else None,
        },
        "rows": [_row(row) for row in rows],
        "payment": {
            "brand": payment["brand"],
            "last4": payment["last4"],
            "authorized": str(payment["authorized"]),
        },
        "reason_code": reason_code,
        "reason": reason,
        "allocation_number": None,
    }


def unissued(*, order: Order, bill: Bill) -> dict[str, Any]:
    """The snapshot of an order that has no tax invoice: a confirmation, or that it was cancelled."""
    day = order.delivered_at
    content = snapshot(order=order, rows=bill.rows, supplied_on=day and shop_date(day))
    return {
        **content,
        "paper": "CANCELED" if order.status == OrderStatus.CANCELED else "CONFIRMATION",
        "number": order.order_number,
        "issued_at": order.created_at.isoformat(),
        "total": str(bill.total),
        "is_final": bill.is_final,
        "vat": [
            {"rate": str(row.rate), "net": str(row.net), "vat": str(row.vat)} for row in bill.vat
        ],
        "corrects": None,
    }


def _buyer(order: Order) -> dict[str, Any]:
    delivery = getattr(order, "delivery", None)
    address = ""
    if delivery is not None:
        street = ", ".join(part for part in (delivery.line1, delivery.line2) if part)
        address = f"{street}, {delivery.city}"
    return {
        "name": order.user.full_name,
        "address": address,
        "city": delivery.city if delivery is not None else "",
        "business_name": order.business_name,
        "vat_id": order.vat_id,
    }


def _row(row: InvoiceLine) -> dict[str, Any]:
    item: OrderItem | None = row.item
    return {
        "kind": str(row.kind),
        "name_he": item.name_he if item else "",
        "name_en": item.name_en if item else "",
        "sku": item.sku if item else "",
        "sold_by": item.sold_by if item else "UNIT",
        "quantity": _text(row.quantity),
        "unit_price": _text(row.unit_price),
        "vat_rate": str(row.vat_rate),
        "amount": str(row.amount),
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
