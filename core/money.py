"""Money and quantity arithmetic: Decimal only, ₪ with two digits, kg or units with three."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

AGORA = Decimal("0.01")
GRAM = Decimal("0.001")
ZERO = Decimal("0.00")
HUNDRED = Decimal(100)


def shekels(amount: Decimal | int | str) -> Decimal:
    """`amount` rounded half up to two digits."""
    return Decimal(amount).quantize(AGORA, rounding=ROUND_HALF_UP)


def quantity(amount: Decimal | int | str) -> Decimal:
    """`amount` rounded half up to three digits (grams of a kg)."""
    return Decimal(amount).quantize(GRAM, rounding=ROUND_HALF_UP)


def line_total(unit_price: Decimal, amount: Decimal) -> Decimal:
    """Price of `amount` units or kg, rounded once, at the line."""
    return shekels(unit_price * amount)


def vat_inside(gross: Decimal, rate: Decimal) -> Decimal:
    """The VAT contained in the VAT-inclusive `gross` at `rate` percent (Israeli VAT law, s. 7)."""
    return shekels(gross * rate / (HUNDRED + rate))


def json_quantity(amount: Decimal) -> int | float:
    """A quantity as the JSON API writes it: a whole number where it is one."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def plain(amount: Decimal | int) -> str:
    """A quantity as people read it, without the zeros that its column keeps: `67`, `1.5`."""
    return f"{Decimal(amount).normalize():f}"
