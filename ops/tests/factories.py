"""Placed orders for the tests of the staff screens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import F

from accounts.models import User
from accounts.tests.factories import person
from branches.models import Branch, DatedSlot, DeliverySlot
from cart.models import Cart
from cart.tests.factories import product, warehouse
from catalog.models import Product
from core.clock import day_of_week, shop_date, shop_instant
from core.money import line_total
from orders.models import Order, OrderDelivery, OrderItem, OrderPickup
from orders.numbering import new_number
from payments.providers import provider

Line = tuple[Product, Decimal | int]


def order(
    *,
    due_at: dt.datetime,
    lines: Sequence[Line] | int = 1,
    status: str = "CREATED",
    pickup: bool = False,
    user: User | None = None,
    branch: Branch | None = None,
    **values: Any,
) -> Order:
    """An order as it stands after checkout: stock promised, money held at the sandbox."""
    user, branch = user or person(), branch or warehouse()
    if isinstance(lines, int):
        lines = [(product(bin=f"A{n:02}"), 1) for n in range(lines)]
    total = sum((line_total(item.price, Decimal(n)) for item, n in lines), Decimal(0))
    number = new_number()
    key = f"{number}:authorize"
    held = provider("sandbox").authorize(
        amount=total, token="tok_visa", idempotency_key=key, metadata={"order_number": number}
    )
    payment = apps.get_model("payments", "Payment").objects.create(
        user=user,
        order_number=number,
        provider="sandbox",
        provider_reference=held.reference,
        idempotency_key=key,
        state="AUTHORIZED",
        amount=total,
        authorized=total,
    )
    made = Order.objects.create(
        order_number=number,
        user=user,
        cart=Cart.objects.create(user=user, status="CHECKED_OUT"),
        payment=payment,
        branch=branch,
        fulfillment_type="PICKUP" if pickup else "DELIVERY",
        status=status,
        dated_slot=None if pickup else _slot(branch, due_at),
        due_at=due_at,
        subtotal=total,
        delivery_fee=0,
        fee_vat_rate=18,
        vat_total=0,
        total_amount=total,
        created_at=due_at - dt.timedelta(days=1),
        **values,
    )
    _hand_over(made, pickup)
    _lines(made, lines)
    return made


def _slot(branch: Branch, due_at: dt.datetime) -> DatedSlot:
    date = shop_date(due_at)
    slot, _ = DeliverySlot.objects.get_or_create(
        branch=branch,
        day_of_week=day_of_week(date),
        start_time=dt.time(10),
        defaults={"end_time": dt.time(12)},
    )
    return DatedSlot.objects.get_or_create(slot=slot, date=date, defaults={"taken": 1})[0]


def _hand_over(made: Order, pickup: bool) -> None:
    if pickup:
        OrderPickup.objects.create(order=made, code="123456")
    else:
        OrderDelivery.objects.create(
            order=made, recipient="Ada Lavi", line1="3 HaZait Street", city="Haifa"
        )


def _lines(made: Order, lines: Sequence[Line]) -> None:
    for item, quantity in lines:
        OrderItem.objects.create(
            order=made,
            product=item,
            name_he=item.name_he,
            name_en=item.name_en,
            sku=item.sku,
            sold_by=item.sold_by,
            unit_price=item.price,
            quantity=quantity,
            line_total=line_total(item.price, Decimal(quantity)),
            vat_rate=18,
        )
        apps.get_model("inventory", "Stock").objects.filter(
            product=item, branch=made.branch
        ).update(reserved=F("reserved") + quantity)


def tomorrow_at(now: dt.datetime, hour: int) -> dt.datetime:
    """An instant of the shop's tomorrow."""
    return shop_instant(shop_date(now) + dt.timedelta(days=1), dt.time(hour))


def job(status: str, *, queueing_lock: str | None = None) -> int:
    """A background job's number. The library's own models are read-only."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, queueing_lock)"
            """ VALUES ('default', 'deliver', '{"order_id": 1}', %s, %s) RETURNING id""",
            [status, queueing_lock],
        )
        return int(cursor.fetchone()[0])
