"""What the paper of an order says in numbers: rows that sum, VAT rows that sum.

Pure: made from an order read by `selectors`. Amounts in ₪.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.money import ZERO
from orders import pricing, selectors
from orders.apportionment import Shares
from orders.models import Order, OrderItem, OrderStatus, PickedStatus
from orders.refund_models import OrderCharge

ONE = Decimal(1)


class Kind(enum.StrEnum):
    GOODS = "GOODS"
    SUBSTITUTE = "SUBSTITUTE"
    MISSING = "MISSING"
    OFFER = "OFFER"
    SAME_PRICE = "SAME_PRICE"
    LIMIT = "LIMIT"
    FEE = "FEE"
    DEPOSIT = "DEPOSIT"
    BAG = "BAG"


@dataclass(frozen=True, kw_only=True)
class InvoiceLine:
    """A line of the paper. OFFER and SAME_PRICE (a substitute's), of their `item`, and LIMIT take
    away; MISSING costs nothing."""

    kind: Kind
    vat_rate: Decimal
    amount: Decimal
    item: OrderItem | None = None
    quantity: Decimal | None = None
    unit_price: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Bill:
    """`total` is the sum of `rows` and of `vat`. `is_final` once every line has its answer."""

    order: Order
    rows: Sequence[InvoiceLine]
    vat: Sequence[pricing.VatRow]
    total: Decimal
    is_final: bool


def bill_of(*, order: Order) -> Bill:
    """The bill as it stands: what was agreed, or what was picked once every line is answered."""
    items = list(order.items.all())
    charges = selectors.charges_of(order=order)
    pending = any(item.picked_status == PickedStatus.PENDING for item in items)
    is_final = order.captured_at is not None or not (
        pending or order.status == OrderStatus.CANCELED
    )
    if is_final:
        rows = final_rows(
            order=order,
            items=items,
            charges=charges,
            shares=selectors.shares_of(order=order, items=items, charges=charges),
        )
    else:
        rows = [*_agreed(items), *_fee(order, order.delivery_fee)]
        rows += [
            _charge(charge, charge.quantity, charge.amount)
            for charge in selectors.agreed_charges(charges)
        ]
    return Bill(
        order=order,
        rows=rows,
        vat=vat_of(rows),
        total=sum((row.amount for row in rows), ZERO),
        is_final=is_final,
    )


def final_rows(
    *,
    order: Order,
    items: Sequence[OrderItem],
    charges: Sequence[OrderCharge],
    shares: Shares,
) -> list[InvoiceLine]:
    """What was found, what is taken off it again, the fee and the charges: they sum to `shares`."""
    rows: list[InvoiceLine] = []
    for item in items:
        line = pricing.picked_line(line=selectors.line_of(item), picked=item.packed or None)
        share = shares.lines[item.pk]
        if share and item.picked_status == PickedStatus.PENDING:
            line = selectors.line_of(
                item
            )  # charged before it was picked, on the provider's screens
        if share or item.picked_status == PickedStatus.PICKED:
            kind = Kind.GOODS if item.substitute_for_id is None else Kind.SUBSTITUTE
            rows += _rows(item, line, kind)
            if above := line.payable - share:
                rows.append(
                    InvoiceLine(kind=Kind.LIMIT, item=item, vat_rate=line.vat_rate, amount=-above)
                )
        elif item.substitute_for_id is None:
            rows += _rows(item, line, Kind.MISSING)
    rows += _fee(order, shares.fee)
    counted = selectors.counted(order=order, items=items, charges=charges)
    for charge in charges:
        if counted[charge.pk]:
            rows.append(_charge(charge, counted[charge.pk], shares.extras[charge.pk]))
    return rows


def vat_of(rows: Sequence[InvoiceLine]) -> tuple[pricing.VatRow, ...]:
    """The VAT inside the rows, one row for each rate, the highest first."""
    gross: dict[Decimal, Decimal] = defaultdict(lambda: ZERO)
    for row in rows:
        if row.amount:
            gross[row.vat_rate] += row.amount
    lines = [
        pricing.PricedLine(unit_price=amount, quantity=ONE, vat_rate=rate)
        for rate, amount in gross.items()
        if amount
    ]
    return pricing.vat_rows(lines=lines, fee=ZERO, fee_vat_rate=ZERO)


def _agreed(items: list[OrderItem]) -> list[InvoiceLine]:
    agreed = [item for item in items if item.substitute_for_id is None]
    return [row for item in agreed for row in _rows(item, selectors.line_of(item), Kind.GOODS)]


def _rows(item: OrderItem, line: pricing.PricedLine, kind: Kind) -> list[InvoiceLine]:
    found = [
        InvoiceLine(
            kind=kind,
            item=item,
            quantity=line.quantity,
            unit_price=line.unit_price,
            vat_rate=line.vat_rate,
            amount=line.total,
        )
    ]
    if line.discount:
        off = Kind.OFFER if item.substitute_for_id is None else Kind.SAME_PRICE
        found.append(
            InvoiceLine(kind=off, item=item, vat_rate=line.vat_rate, amount=-line.discount)
        )
    return found


def _fee(order: Order, fee: Decimal) -> list[InvoiceLine]:
    if not fee and (order.fulfillment_type != "DELIVERY" or order.delivery_fee):
        return []
    rate = order.fee_vat_rate
    return [InvoiceLine(kind=Kind.FEE, quantity=ONE, unit_price=fee, vat_rate=rate, amount=fee)]


def _charge(charge: OrderCharge, quantity: Decimal, amount: Decimal) -> InvoiceLine:
    return InvoiceLine(
        kind=Kind(charge.kind),
        item=charge.item,
        quantity=quantity,
        unit_price=charge.unit_price,
        vat_rate=charge.vat_rate,
        amount=amount,
    )
