"""How far the weight on the scale may be from what was asked for."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

SHARE = Decimal("0.10")
FIVE_GRAMS = Decimal("0.005")


def fine_range(asked: Decimal) -> tuple[Decimal, Decimal]:
    """The weights in kg that count as what was asked: 10 % below to 10 % above."""
    return _round(asked * (1 - SHARE)), _round(asked * (1 + SHARE))


def _round(kg: Decimal) -> Decimal:
    return (kg / FIVE_GRAMS).quantize(Decimal(1), rounding=ROUND_HALF_UP) * FIVE_GRAMS
