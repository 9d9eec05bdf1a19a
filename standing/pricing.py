"""What a date of a standing order costs: its lines at one moment's prices and stock."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from branches.areas import AreaTerms
from cart.charges import charges_for, sum_of
from cart.fees import delivery_fee
from cart.selectors import is_sold
from catalog.models import Product
from core.money import ZERO, line_total

HUNDRED = Decimal(100)


@dataclass(frozen=True, kw_only=True)
class StandingLine:
    """A product of a date at today's price (₪) and stock, or as it was ordered."""

    product: Product
    wanted_quantity: Decimal
    quantity: Decimal
    unit_price: Decimal
    reference_price: Decimal
    substitution: str
    note: str
    is_settled: bool = False

    @property
    def product_id(self) -> int:
        return self.product.pk

    @property
    def sold_by(self) -> str:
        return self.product.sold_by

    @property
    def deposit(self) -> Decimal:
        return self.product.deposit

    @property
    def line_total(self) -> Decimal:
        return line_total(self.unit_price, self.quantity)

    @property
    def is_available(self) -> bool:
        return self.quantity > 0

    @property
    def notice(self) -> str | None:
        """What is not as it was wanted."""
        if not self.is_settled and not is_sold(self.product):
            return "NO_LONGER_SOLD"
        if self.wanted_quantity and not self.quantity:
            return "OUT_OF_STOCK"
        if self.quantity < self.wanted_quantity:
            return "LESS_AVAILABLE"
        if self.unit_price != self.reference_price:
            return "PRICE_UP" if self.unit_price > self.reference_price else "PRICE_DOWN"
        return None

    @property
    def price_change(self) -> Decimal:
        """₪ more (or, below 0, less) than at the prices it is compared with."""
        return self.line_total - line_total(self.reference_price, self.quantity)

    @property
    def one_less(self) -> Decimal:
        return max(ZERO, self.wanted_quantity - self.product.quantity_step)

    @property
    def one_more(self) -> Decimal:
        return self.wanted_quantity + self.product.quantity_step


@dataclass(frozen=True, kw_only=True)
class PricedDraft:
    """Lines with what they cost together; a `base_fee` of None is a pickup."""

    lines: list[StandingLine]
    base_fee: Decimal | None
    area: AreaTerms | None = None

    @property
    def bought(self) -> list[StandingLine]:
        return [line for line in self.lines if line.is_available]

    @cached_property
    def subtotal(self) -> Decimal:
        return sum((line.line_total for line in self.bought), ZERO)

    @property
    def delivery_fee(self) -> Decimal:
        if self.base_fee is None or not self.bought:
            return ZERO
        return delivery_fee(goods=self.subtotal, base_fee=self.base_fee, area=self.area)

    @cached_property
    def charges_total(self) -> Decimal:
        return sum_of(charges_for(lines=self.bought))

    @property
    def total(self) -> Decimal:
        return self.subtotal + self.delivery_fee + self.charges_total

    @cached_property
    def reference_subtotal(self) -> Decimal:
        return sum((line_total(one.reference_price, one.quantity) for one in self.bought), ZERO)

    @property
    def price_rise_percent(self) -> Decimal:
        if not self.reference_subtotal:
            return ZERO
        return HUNDRED * (self.subtotal - self.reference_subtotal) / self.reference_subtotal

    def rises_above(self, limit: Decimal | None) -> bool:
        """Compared exactly, not as it is shown."""
        if limit is None:
            return False
        rise = self.subtotal - self.reference_subtotal
        return HUNDRED * rise > limit * self.reference_subtotal

    @property
    def told(self) -> list[StandingLine]:
        """Lines that are not as they were wanted, or at another price."""
        return [line for line in self.lines if line.notice]

    @property
    def changed(self) -> list[StandingLine]:
        return [line for line in self.bought if line.price_change]
