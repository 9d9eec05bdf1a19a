"""What goods cost beside their price: deposits and carrier bags; the one rule for basket and order.

Pure. Neither counts for free delivery or discounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.conf import settings

from core.money import ZERO, line_total

DEPOSIT, BAG = "DEPOSIT", "BAG"
UNITS_A_BAG = 10


class Sold(Protocol):
    """A line of which deposit (₪ a unit) and bags are asked."""

    @property
    def quantity(self) -> Decimal: ...
    @property
    def sold_by(self) -> str: ...
    @property
    def deposit(self) -> Decimal: ...


@dataclass(frozen=True, kw_only=True)
class Charge:
    """`quantity` at `unit_price` ₪; `line` is the place of its line, None for bags."""

    kind: str
    line: int | None
    quantity: Decimal
    unit_price: Decimal
    vat_class: str
    vat_rate: Decimal = ZERO

    @property
    def amount(self) -> Decimal:
        return line_total(self.unit_price, self.quantity)

    @property
    def pieces(self) -> int:
        """How many, as a whole number."""
        return int(self.quantity)


def vat_class_of(kind: str) -> str:
    """The VAT class of a kind of charge, as the shop's accountant set it."""
    return str(settings.DEPOSIT_VAT_CLASS if kind == DEPOSIT else settings.BAG_VAT_CLASS)


def most_bags(lines: Iterable[Sold]) -> int:
    """How many bags are charged at most: one, and one more for each ten units; weighed goods count
    as one."""
    units = sum(int(line.quantity) if line.sold_by == "UNIT" else 1 for line in lines)
    return 1 + units // UNITS_A_BAG


def charges_for(
    *, lines: Iterable[Sold], rates: Mapping[str, Decimal] | None = None
) -> tuple[Charge, ...]:
    """The deposits of lines, in their order, then the bags where they cost something.

    `rates` are the VAT rates (percent) by class; without them the VAT is left out.
    """
    sold = list(lines)
    known = rates or {}
    found = [
        Charge(
            kind=DEPOSIT,
            line=place,
            quantity=line.quantity,
            unit_price=line.deposit,
            vat_class=vat_class_of(DEPOSIT),
            vat_rate=known.get(vat_class_of(DEPOSIT), ZERO),
        )
        for place, line in enumerate(sold)
        if line.deposit
    ]
    if settings.BAG_PRICE and sold:
        found.append(
            Charge(
                kind=BAG,
                line=None,
                quantity=Decimal(most_bags(sold)),
                unit_price=settings.BAG_PRICE,
                vat_class=vat_class_of(BAG),
                vat_rate=known.get(vat_class_of(BAG), ZERO),
            )
        )
    return tuple(found)


def sum_of(charges: Iterable[Charge]) -> Decimal:
    """What they cost together (₪)."""
    return sum((one.amount for one in charges), ZERO)
