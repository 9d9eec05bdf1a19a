"""What the paper of an order says in numbers: rows that sum, VAT rows that sum, what was paid.

Pure: made from an order read by `selectors`, with its invoice and refunds. Amounts in ₪.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from mami.money import ZERO
from orders import pricing, selectors
from orders.models import FulfillmentType, Invoice, Order, OrderItem, OrderStatus, PickedStatus
from payments.selectors import summary_of

TAKEN = frozenset({"CAPTURED", "PARTIALLY_REFUNDED", "REFUNDED"})
ONE = Decimal(1)


class Paper(enum.Enum):
    """What a paper may call itself: a tax invoice only once the goods have changed hands, a
    receipt only once the money was taken."""

    CONFIRMATION = enum.auto()
    INVOICE = enum.auto()
    INVOICE_RECEIPT = enum.auto()
    RECEIPT = enum.auto()
    CANCELED = enum.auto()


class Kind(enum.Enum):
    GOODS = enum.auto()
    SUBSTITUTE = enum.auto()
    MISSING = enum.auto()
    OFFER = enum.auto()
    LIMIT = enum.auto()
    FEE = enum.auto()


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the paper. OFFER, of its `item`, and LIMIT take away; MISSING costs nothing."""

    kind: Kind
    vat_rate: Decimal
    amount: Decimal
    item: OrderItem | None = None
    quantity: Decimal | None = None
    unit_price: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Bill:
    """`total` is the sum of `rows` and of `vat`. `is_final` once every line has its answer."""

    paper: Paper
    order: Order
    invoice: Invoice | None
    rows: Sequence[Row]
    vat: Sequence[pricing.VatRow]
    total: Decimal
    is_final: bool
    payment: dict[str, object]
    refunds: Sequence[tuple[dt.datetime, Decimal]]


def bill_of(
    *,
    order: Order,
    invoice: Invoice | None = None,
    refunds: Sequence[tuple[dt.datetime, Decimal]] = (),
) -> Bill:
    """The bill as it stands: what was agreed, or what was picked once every line is answered."""
    items = list(order.items.all())
    pending = any(item.picked_status == PickedStatus.PENDING for item in items)
    is_final = invoice is not None or not (pending or order.status == OrderStatus.CANCELED)
    goods = _picked(items) if is_final else _agreed(items)
    total = selectors.amount_due(order=order, items=items) if is_final else order.total_amount
    nothing_found = is_final and not total
    rows = [*goods, *([] if nothing_found else _fee(order))]
    rows += _limit(rows, total)
    payment = summary_of(order.payment)
    return Bill(
        paper=_paper(order, invoice, str(payment["status"])),
        order=order,
        invoice=invoice,
        rows=rows,
        vat=_vat(rows),
        total=total,
        is_final=is_final,
        payment=payment,
        refunds=refunds,
    )


def _paper(order: Order, invoice: Invoice | None, payment_status: str) -> Paper:
    paid = payment_status in TAKEN
    if invoice is not None:
        return Paper.INVOICE_RECEIPT if paid else Paper.INVOICE
    if order.status == OrderStatus.CANCELED:
        return Paper.CANCELED
    return Paper.RECEIPT if paid else Paper.CONFIRMATION


def _agreed(items: list[OrderItem]) -> list[Row]:
    agreed = [item for item in items if item.substitute_for_id is None]
    return [row for item in agreed for row in _rows(item, selectors.line_of(item), Kind.GOODS)]


def _picked(items: list[OrderItem]) -> list[Row]:
    rows: list[Row] = []
    for item in items:
        line = pricing.picked_line(line=selectors.line_of(item), picked=item.picked_quantity)
        if item.picked_status == PickedStatus.PICKED:
            kind = Kind.GOODS if item.substitute_for_id is None else Kind.SUBSTITUTE
            rows += _rows(item, line, kind)
        elif item.substitute_for_id is None:
            rows += _rows(item, line, Kind.MISSING)
    return rows


def _rows(item: OrderItem, line: pricing.Line, kind: Kind) -> list[Row]:
    found = [
        Row(
            kind=kind,
            item=item,
            quantity=line.quantity,
            unit_price=line.unit_price,
            vat_rate=line.vat_rate,
            amount=line.total,
        )
    ]
    if line.discount:
        found.append(Row(kind=Kind.OFFER, item=item, vat_rate=line.vat_rate, amount=-line.discount))
    return found


def _fee(order: Order) -> list[Row]:
    if order.fulfillment_type != FulfillmentType.DELIVERY:
        return []
    fee, rate = order.delivery_fee, order.fee_vat_rate
    return [Row(kind=Kind.FEE, quantity=ONE, unit_price=fee, vat_rate=rate, amount=fee)]


def _limit(rows: Sequence[Row], total: Decimal) -> list[Row]:
    """What the goods weigh above the agreed sum is the shop's, in each rate by its share."""
    above = sum((row.amount for row in rows), ZERO) - total
    if above <= ZERO:
        return []
    parts = pricing.spread(amount=above, over=_gross(rows))
    return [
        Row(kind=Kind.LIMIT, vat_rate=rate, amount=-part) for rate, part in parts.items() if part
    ]


def _gross(rows: Sequence[Row]) -> dict[Decimal, Decimal]:
    gross: dict[Decimal, Decimal] = defaultdict(lambda: ZERO)
    for row in rows:
        if row.amount:
            gross[row.vat_rate] += row.amount
    return dict(gross)


def _vat(rows: Sequence[Row]) -> tuple[pricing.VatRow, ...]:
    lines = [
        pricing.Line(unit_price=amount, quantity=ONE, vat_rate=rate)
        for rate, amount in _gross(rows).items()
    ]
    return pricing.vat_rows(lines=lines, fee=ZERO, fee_vat_rate=ZERO)
