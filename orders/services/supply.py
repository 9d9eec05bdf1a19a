"""The VAT of the day of supply: prices stay, their split into net and VAT follows the law of that day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from catalog.vat import rates_on
from core.clock import shop_date
from core.transactions import require_transaction
from orders import pricing, selectors
from orders.models import Order, OrderItem
from orders.refund_models import OrderCharge


def take_rates(
    *, order: Order, items: Sequence[OrderItem], charges: Sequence[OrderCharge], date: dt.date
) -> None:
    """Give every line, substitutes too, the fee and the charges their rates of `date`, and the order
    its VAT; nothing is saved. One query."""
    rates = rates_on(date=date)
    rows: list[OrderItem | OrderCharge] = [*items, *charges]
    for row in rows:
        row.vat_rate = rates.get(row.vat_class, row.vat_rate)
    order.fee_vat_rate = rates.get("STANDARD", order.fee_vat_rate)
    found = pricing.vat_rows(
        lines=[
            *selectors.price_lines(items=items),
            *pricing.charged(selectors.agreed_charges(charges)),
        ],
        fee=order.delivery_fee,
        fee_vat_rate=order.fee_vat_rate,
    )
    order.vat_total = sum((row.vat for row in found), Decimal("0.00"))


def follow_day(*, order: Order, items: Sequence[OrderItem], was_due: dt.datetime) -> None:
    """After a locked order moved from `was_due` to `due_at`: what is expected to be VAT of it, in the
    caller's transaction, which saves the order. No statement on the same day, and none once it was
    charged: its paper stands."""
    require_transaction()
    date = shop_date(order.due_at)
    if date == shop_date(was_due) or order.captured_at is not None or order.left_at is not None:
        return
    charges = list(order.charges.select_related("item").order_by("pk"))
    rows = [(one, one.vat_rate) for one in items], [(one, one.vat_rate) for one in charges]
    take_rates(order=order, items=items, charges=charges, date=date)
    OrderItem.objects.bulk_update(
        [item for item, rate in rows[0] if item.vat_rate != rate], ["vat_rate"]
    )
    OrderCharge.objects.bulk_update(
        [charge for charge, rate in rows[1] if charge.vat_rate != rate], ["vat_rate"]
    )
