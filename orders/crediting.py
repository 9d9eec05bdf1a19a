"""What a credit note says in numbers: the rows it takes back and the VAT inside them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from billing.papers import VatPart
from core.money import ZERO, vat_inside
from orders.invoice_lines import InvoiceLine, Kind
from orders.models import Order, OrderItem
from orders.refund_models import OrderCharge


class Credited(Protocol):
    """A part of a refund (`orders.services.refund_parts.RefundPart`)."""

    @property
    def kind(self) -> str: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def quantity(self) -> Decimal | None: ...
    @property
    def item(self) -> OrderItem | None: ...
    @property
    def charge(self) -> OrderCharge | None: ...


def credit_rows(*, order: Order, parts: Sequence[Credited]) -> list[InvoiceLine]:
    """A row for each part, with the VAT rate its invoice had."""
    return [_row(order, part) for part in parts if part.amount]


def credit_vat(*, rows: Sequence[InvoiceLine], before: Sequence[VatPart]) -> list[VatPart]:
    """The VAT of each rate: in all credited so far, less what was credited `before`."""
    gross: dict[Decimal, Decimal] = defaultdict(lambda: ZERO)
    for row in rows:
        gross[row.vat_rate] += row.amount
    given = {part.rate: part for part in before}
    found = []
    for rate in sorted(gross, reverse=True):
        earlier = given.get(rate, VatPart(rate=rate, net=ZERO, vat=ZERO))
        whole = gross[rate] + earlier.net + earlier.vat
        vat = vat_inside(whole, rate) - earlier.vat
        found.append(VatPart(rate=rate, net=gross[rate] - vat, vat=vat))
    return found


def _row(order: Order, part: Credited) -> InvoiceLine:
    if part.charge is not None:
        rate, kind = part.charge.vat_rate, Kind(part.kind)
    elif part.item is not None:
        rate, kind = part.item.vat_rate, Kind.GOODS
    else:
        rate, kind = order.fee_vat_rate, Kind.FEE
    return InvoiceLine(
        kind=kind, item=part.item, quantity=part.quantity, vat_rate=rate, amount=part.amount
    )
