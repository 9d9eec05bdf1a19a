"""What an order costs: pure arithmetic on ₪ amounts that include VAT. No database, no clock.

Rounding happens at two places only: each line once (price × quantity), and the VAT once for each
rate. Every sum is a sum of rounded amounts, so what is printed always adds up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from cart import fees
from mami.money import ZERO, line_total, shekels, vat_inside


@dataclass(frozen=True, kw_only=True)
class Line:
    """Goods at a price: `quantity` in units or kg, `discount` off the line, `vat_rate` in percent."""

    unit_price: Decimal
    quantity: Decimal
    vat_rate: Decimal
    discount: Decimal = ZERO

    @cached_property
    def total(self) -> Decimal:
        """Before the discount."""
        return line_total(self.unit_price, self.quantity)

    @property
    def payable(self) -> Decimal:
        return self.total - self.discount


@dataclass(frozen=True, kw_only=True)
class VatRow:
    """All goods (and the fee) of one rate: `net + vat` is what they cost."""

    rate: Decimal
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, kw_only=True)
class Totals:
    """`total = subtotal − discount_total + delivery_fee`, and the VAT rows sum to it."""

    subtotal: Decimal
    discount_total: Decimal
    delivery_fee: Decimal
    total: Decimal
    vat_total: Decimal
    vat_rows: tuple[VatRow, ...]
    free_delivery_gap: Decimal


def quote(
    *,
    lines: Sequence[Line],
    fulfillment_type: str,
    slot_fee: Decimal | None,
    fee_vat_rate: Decimal,
) -> Totals:
    """The price of `lines`. `slot_fee` is the window's base fee; None means the shop's usual one.

    The fee rule looks at the goods after discounts; a pickup costs nothing.
    """
    subtotal = sum((line.total for line in lines), ZERO)
    discount = sum((line.discount for line in lines), ZERO)
    goods = subtotal - discount
    fee, gap = ZERO, ZERO
    if fulfillment_type == "DELIVERY":
        base = fees.usual_fee() if slot_fee is None else slot_fee
        fee = fees.delivery_fee(goods=goods, base_fee=base)
        gap = fees.free_delivery_gap(goods=goods)
    rows = vat_rows(lines=lines, fee=fee, fee_vat_rate=fee_vat_rate)
    return Totals(
        subtotal=subtotal,
        discount_total=discount,
        delivery_fee=fee,
        total=goods + fee,
        vat_total=sum((row.vat for row in rows), ZERO),
        vat_rows=rows,
        free_delivery_gap=gap,
    )


def vat_rows(*, lines: Iterable[Line], fee: Decimal, fee_vat_rate: Decimal) -> tuple[VatRow, ...]:
    """The VAT inside the prices, one row for each rate, the highest first."""
    gross: dict[Decimal, Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        gross[line.vat_rate] += line.payable
    if fee:
        gross[fee_vat_rate] += fee
    rows = []
    for rate in sorted(gross, reverse=True):
        vat = vat_inside(gross[rate], rate)
        rows.append(VatRow(rate=rate, net=gross[rate] - vat, vat=vat))
    return tuple(rows)


def spread(*, amount: Decimal, over: Mapping[Decimal, Decimal]) -> dict[Decimal, Decimal]:
    """`amount` shared out by the size of the values of `over`, to the agora: the parts sum to it.

    What rounding leaves goes to the largest.
    """
    whole = sum(over.values(), ZERO)
    parts = {key: shekels(amount * value / whole) for key, value in over.items()}
    parts[max(over, key=lambda key: over[key])] += amount - sum(parts.values(), ZERO)
    return parts


def picked_line(*, line: Line, picked: Decimal | None) -> Line:
    """What is left of an agreed line once `picked` units or kg were found (None: nothing).

    The discount shrinks with the quantity and never grows with it.
    """
    found = picked or Decimal(0)
    share = min(found / line.quantity, Decimal(1))
    return Line(
        unit_price=line.unit_price,
        quantity=found,
        vat_rate=line.vat_rate,
        discount=min(shekels(line.discount * share), line_total(line.unit_price, found)),
    )


def amount_due(*, lines: Iterable[Line], fee: Decimal, authorized: Decimal) -> Decimal:
    """What may be charged for picked `lines`: with the fee, and never above what was agreed.

    Nothing found at all costs nothing, the delivery fee included: there is nothing to deliver.
    """
    goods = sum((line.payable for line in lines), ZERO)
    return min(goods + fee, authorized) if goods else ZERO
