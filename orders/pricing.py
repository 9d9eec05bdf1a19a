"""What an order costs: pure arithmetic on ₪ amounts that include VAT. No database, no clock.

Rounding happens at two places only: each line once (price × quantity), and the VAT once for each
rate. Every sum is a sum of rounded amounts, so what is printed always adds up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Protocol

from django.conf import settings

from branches.areas import AreaTerms
from cart import fees
from cart.charges import Charge, sum_of
from core.money import ZERO, line_total, shekels, vat_inside
from orders.errors import OrderTooLarge


@dataclass(frozen=True, kw_only=True)
class PricedLine:
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


class Costs(Protocol):
    """A deposit or bags: ₪ with VAT at a rate in percent."""

    @property
    def amount(self) -> Decimal: ...
    @property
    def vat_rate(self) -> Decimal: ...


@dataclass(frozen=True, kw_only=True)
class VatRow:
    """All goods (and the fee) of one rate: `net + vat` is what they cost."""

    rate: Decimal
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, kw_only=True)
class Totals:
    """`total = subtotal − discount_total + delivery_fee + charges_total`, and the VAT rows sum to it."""

    subtotal: Decimal
    discount_total: Decimal
    delivery_fee: Decimal
    total: Decimal
    vat_total: Decimal
    vat_rows: tuple[VatRow, ...]
    free_delivery_gap: Decimal
    charges: tuple[Charge, ...] = ()

    @property
    def charges_total(self) -> Decimal:
        """Deposits and bags."""
        return sum_of(self.charges)


def quote(
    *,
    lines: Sequence[PricedLine],
    fulfillment_type: str,
    slot_fee: Decimal | None,
    fee_vat_rate: Decimal,
    charges: tuple[Charge, ...] = (),
    area: AreaTerms | None = None,
) -> Totals:
    """The price of `lines`. `slot_fee` is the window's base fee; None means the shop's usual one;
    `area` may name another fee and another threshold.

    The fee rule looks at the goods after discounts, never at deposits and bags; a pickup costs
    nothing.
    """
    subtotal = sum((line.total for line in lines), ZERO)
    discount = sum((line.discount for line in lines), ZERO)
    goods = subtotal - discount
    fee, gap = ZERO, ZERO
    if fulfillment_type == "DELIVERY":
        base = fees.usual_fee() if slot_fee is None else slot_fee
        fee = fees.delivery_fee(goods=goods, base_fee=base, area=area)
        gap = fees.free_delivery_gap(goods=goods, area=area)
    rows = vat_rows(
        lines=[*lines, *charged(charges)],
        fee=fee,
        fee_vat_rate=fee_vat_rate,
    )
    return Totals(
        subtotal=subtotal,
        discount_total=discount,
        delivery_fee=fee,
        total=goods + fee + sum_of(charges),
        vat_total=sum((row.vat for row in rows), ZERO),
        vat_rows=rows,
        free_delivery_gap=gap,
        charges=charges,
    )


def charged(charges: Iterable[Costs]) -> list[PricedLine]:
    """Deposits and bags as lines, for their VAT."""
    return [
        PricedLine(unit_price=one.amount, quantity=Decimal(1), vat_rate=one.vat_rate)
        for one in charges
    ]


def check_size(total: Decimal) -> None:
    """Raises OrderTooLarge above the most the shop takes in one order (₪)."""
    if total > settings.ORDER_MOST:
        raise OrderTooLarge(limit=str(settings.ORDER_MOST))


def vat_rows(
    *, lines: Iterable[PricedLine], fee: Decimal, fee_vat_rate: Decimal
) -> tuple[VatRow, ...]:
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


def picked_line(*, line: PricedLine, picked: Decimal | None) -> PricedLine:
    """What is left of an agreed line once `picked` units or kg were found (None: nothing).

    The discount shrinks with the quantity and never grows with it.
    """
    found = picked or Decimal(0)
    share = min(found / line.quantity, Decimal(1))
    return PricedLine(
        unit_price=line.unit_price,
        quantity=found,
        vat_rate=line.vat_rate,
        discount=min(shekels(line.discount * share), line_total(line.unit_price, found)),
    )


def amount_due(
    *, lines: Iterable[PricedLine], fee: Decimal, authorized: Decimal, extras: Decimal = ZERO
) -> Decimal:
    """What may be charged for picked `lines`: with the fee and the charges (`extras`), and never
    above what was agreed.

    Nothing found at all costs nothing, the delivery fee included: there is nothing to deliver.
    """
    goods = sum((line.payable for line in lines), ZERO)
    return min(goods + fee + extras, authorized) if goods else ZERO
